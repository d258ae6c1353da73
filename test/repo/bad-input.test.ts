import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorReasons } from "../../src/domain/host-error.ts";
import { projectRoot } from "./source-imports.ts";

/** The rows that there must be, whatever else there is: the first cells, by the headings above them. */
const promised: Readonly<Record<string, readonly string[]>> = {
  Names: ["empty", "`..`", "`a/b`", "`-rf`", "65 characters", "unicode", "`%i`", "NUL"],
  "References of overlays": [
    "absolute",
    "`..` in it",
    "`a//b`",
    "trailing slash",
    "symlink out",
    "symlink loop",
    "missing",
    "a file",
    "a FIFO",
  ],
  Specifications: [
    "not YAML",
    "alias bombs",
    "duplicate keys",
    "port 0",
    "port 70000",
    "port `27015; rm`",
    "taken port",
    "wrong types",
    "10 MB",
  ],
  Requests: [
    "unknown fields",
    "garbage",
    "truncated frames",
    "wrong method",
    "oversize",
    "slow header",
    "a stream never read",
    "1,000 clients that vanish",
    "HTTP/2 rapid reset",
  ],
  Surroundings: [
    "disk full at each write",
    "read-only root",
    "a runtime directory removed by hand",
    "a lock of a dead process",
    "clock jumps",
    "descriptor limit reached",
    "instance directory edited by hand",
  ],
};

type Row = { readonly heading: string; readonly first: string; readonly answer: string; readonly proofs: readonly Proof[] };
type Proof = { readonly file: string; readonly name: string };

const rows = readRows();

test("each row that was promised is there", () => {
  for (const [heading, firsts] of Object.entries(promised)) {
    const found = rows.filter((row) => row.heading === heading).map(({ first }) => first);
    assert.deepEqual(
      firsts.filter((first) => !found.includes(first)),
      [],
      heading,
    );
  }
});

test("each row names a test, and each test is in its file", () => {
  for (const { first, proofs } of rows) {
    assert.ok(proofs.length > 0, `${first} has no proof`);
    for (const { file, name } of proofs) {
      assert.ok(existsSync(join(projectRoot, file)), `${first}: there is no ${file}`);
      assert.ok(hasTest(readFileSync(join(projectRoot, file), "utf8"), name), `${first}: ${file} has no test "${name}"`);
    }
  }
});

test("each reason is one of the contract", () => {
  const named = rows.flatMap(({ answer }) => [...answer.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, reason]) => reason ?? ""));
  assert.ok(named.length > 30, `only ${named.length}`);
  assert.deepEqual(
    named.filter((reason) => !(errorReasons as readonly string[]).includes(reason)),
    [],
  );
});

test("a test is found by its title, also when rows of a list fill it in, and nothing else is", () => {
  const file = `const all = [["is empty", ""]];\ntest(\`a name that \${row} is refused\`, () => {});\ntest(\n  "plain: one", () => {});`;
  assert.ok(hasTest(file, "plain: one") && hasTest(file, "a name that is empty is refused"));
  assert.ok(!hasTest(file, "plain") && !hasTest(file, "a name that is full is refused") && !hasTest(file, "is empty"));
});

function readRows(): Row[] {
  let heading = "";
  return readFileSync(join(projectRoot, "docs/reference/bad-input.md"), "utf8")
    .split("\n")
    .flatMap((line): Row[] => {
      if (line.startsWith("## ")) heading = line.slice(3);
      const [, first = "", answer = "", proofs = ""] = line.split("|").map((cell) => cell.trim());
      if (!line.startsWith("| ") || first.startsWith("what ") || first.startsWith("---")) return [];
      return [{ heading, first, answer, proofs: [...proofs.matchAll(/`(test\/[^`]+)`: (.+?)(?=; `test\/|$)/g)].map(proofOf) }];
    });
}

function proofOf([, file = "", name = ""]: RegExpMatchArray): Proof {
  return { file, name };
}

/** Whether a file has a test with a title. What stands for `${…}` in it must stand elsewhere in the file, or be a number. */
function hasTest(text: string, name: string): boolean {
  const titles = [...text.matchAll(/\b(?:test|it)\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g)];
  return titles.some(([, plain, template]) => {
    if (plain !== undefined) return plain === name;
    const pattern = (template ?? "").split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[.*+?^$()[\]{}|\\]/g, "\\$&"));
    const filled = new RegExp(`^${pattern.join("(.+?)")}$`).exec(name)?.slice(1);
    return filled?.every((part) => /^\d+$/.test(part) || text.includes(`"${part}"`) || new RegExp(`\\b${part}\\b`).test(text)) === true;
  });
}
