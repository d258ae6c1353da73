import assert from "node:assert/strict";
import { test } from "node:test";
import { commentOf, readContract } from "../../scripts/contract-reference.ts";
import { projectRoot, sourceModules } from "./source-imports.ts";

/** One place of the sources that makes an error: its reason and the metadata's keys, as far as they are written there. */
type Emission = { readonly place: string; readonly reason: string; readonly keys: readonly string[] };

/**
 * The errors whose reason and metadata are written where they are made. What is computed (a reason in a variable, a spread, the
 * metadata of an installation's failures, which have a table and a test of their own) is not seen here.
 */
function emissions(): Emission[] {
  return sourceModules().flatMap(({ path, text }) =>
    [...text.matchAll(/new HostError\(\s*"([A-Z_]+)"/g)].flatMap((match) => {
      const call = upToClosing(text.slice(match.index + "new HostError".length));
      const metadata = call.indexOf("metadata: {");
      if (metadata < 0) return [];
      const keys = keysOf(upToClosing(call.slice(metadata + "metadata: ".length)));
      return [{ place: path, reason: match[1] ?? "", keys }];
    }),
  );
}

/** From an opening bracket to the one that closes it. Brackets within texts come in pairs. */
function upToClosing(text: string): string {
  let depth = 0;
  for (const [index, character] of [...text].entries()) {
    if ("({[".includes(character)) depth += 1;
    if (")}]".includes(character)) depth -= 1;
    if (depth === 0) return [...text].slice(0, index + 1).join("");
  }
  return text;
}

/** `{ a, b: f(x, y), ...c }` has the keys a and b. */
function keysOf(literal: string): string[] {
  let members = literal.slice(1, -1);
  for (let before = ""; before !== members; ) {
    before = members;
    members = members.replaceAll(/\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}|"[^"]*"/g, "_");
  }
  return members.split(",").flatMap((member) => /^\s*(\w+)\s*(?::|$)/.exec(member)?.[1] ?? []);
}

/** `Metadata: path, free_bytes (of a disk), problem.` has three keys. */
function documentedKeys(comment: string): string[] {
  const [, list = ""] = /Metadata:([\s\S]*)$/.exec(comment) ?? [];
  const [names = ""] = list.replaceAll(/\([^()]*\)/g, "").split(".");
  return names.split(/,|\bor\b|\band\b/).flatMap((name) => /^\s*([a-z_]+)\s*$/.exec(name)?.[1] ?? []);
}

const documented = new Map(
  (readContract(projectRoot).getEnum("left4me.host.v1.ErrorReason")?.values ?? []).map((value) => [
    value.name.replace(/^ERROR_REASON_/, ""),
    documentedKeys(commentOf(value)),
  ]),
);

test("the metadata that the sources write stand in the comments of the contract", () => {
  const undocumented = emissions().flatMap(({ place, reason, keys }) =>
    keys.filter((key) => documented.get(reason)?.includes(key) !== true).map((key) => `${place}: ${reason} has ${key}`),
  );
  assert.deepEqual(undocumented, []);
});

test("what a comment of the contract names for a failure of domain/failures.ts is really there", () => {
  const missing = emissions()
    .filter(({ place }) => place === "domain/failures.ts")
    .flatMap(({ reason, keys }) => (documented.get(reason) ?? []).filter((key) => !keys.includes(key)).map((key) => `${reason}: ${key}`));
  assert.deepEqual(missing, []);
});

test("keys are really read, from sources and comments", () => {
  const all = emissions();
  assert.ok(all.length > 40, `${all.length} places`);
  assert.ok(all.every(({ keys }) => keys.length > 0));
  assert.deepEqual(keysOf('{ a, b: f(x, { y: "1, 2" }), ...(c ? {} : { d }), e_f: `g` }'), ["a", "b", "e_f"]);
  assert.deepEqual(documentedKeys("INTERNAL. It failed.\nMetadata: path (a, b), exit_code (or not),\nproblem."), [
    "path",
    "exit_code",
    "problem",
  ]);
});
