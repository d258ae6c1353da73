import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { asBytes, matchesAny } from "../../../src/domain/preserve-glob.ts";
import { Random } from "../../evidence/random.ts";
import { globCases } from "../../fixtures/preserve-globs.ts";
import { onPath } from "../../hosts/why-no-hosts.ts";

const root = join(import.meta.dirname, "../../..");
const seed = Number(process.env["LEFT4ME_GLOB_SEED"] ?? 11);

type Pair = readonly [glob: string, path: string];

describe("the helper's matcher", { skip: onPath("cc") ? false : "needs a C compiler" }, () => {
  let out = "";

  before(() => {
    out = mkdtempSync(join(tmpdir(), "left4me-glob-"));
    const flags = ["-std=gnu2x", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"];
    execFileSync("cc", [
      ...flags,
      "-o",
      join(out, "match"),
      join(root, "test/fixtures/match-globs.c"),
      join(root, "systemd/overlay/glob.c"),
    ]);
  });
  after(() => rmSync(out, { recursive: true, force: true }));

  const answers = (pairs: readonly Pair[]) =>
    [
      ...execFileSync(join(out, "match"), {
        input: Buffer.from(pairs.map(([glob, path]) => `${glob}\0${path}\0`).join(""), "latin1"),
        encoding: "latin1",
      }),
    ].map((answer) => answer === "1");

  it("keeps the table of cases", () => {
    const cases = globCases.flatMap(([glob, fits, others]) => [
      ...fits.map((path) => [glob, path, true] as const),
      ...others.filter((path) => path !== "").map((path) => [glob, path, false] as const),
    ]);
    const found = answers(cases.map(([glob, path]) => [asBytes(glob), asBytes(path)]));
    for (const [index, [glob, path, expected]] of cases.entries()) assert.equal(found[index], expected, `${glob} and ${path}`);
  });

  it(`agrees with the daemon's on 200 000 random pairs (seed ${seed})`, () => {
    const random = new Random(seed);
    const text = (alphabet: string, most: number) =>
      Array.from({ length: random.between(1, most) }, () => alphabet[random.between(0, alphabet.length - 1)] ?? "").join("");
    const tidy = (path: string) =>
      path
        .split("/")
        .filter((part) => part !== "")
        .join("/");
    const pairs = Array.from(
      { length: 200_000 },
      (): Pair => [tidy(text("ab*?[]!-^\\/.**\xc3\xa4", 10)), tidy(text("aab/b.]\\[\xc3\xa4", 8))],
    ).filter(([glob, path]) => glob !== "" && path !== "");
    const found = answers(pairs);
    assert.equal(found.length, pairs.length);
    let fits = 0;
    for (const [index, [glob, path]] of pairs.entries()) {
      const expected = matchesAny([glob], path);
      fits += Number(expected);
      assert.equal(found[index], expected, JSON.stringify([glob, path]));
    }
    assert.ok(fits > 1000, `${fits} fit`);
  });
});
