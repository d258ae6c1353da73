import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { projectFiles } from "./project-files.ts";
import { projectRoot } from "./source-imports.ts";

/** Directories that every machine has: they tell nothing of this one. */
const everywhere = [
  "/",
  "/home",
  "/root",
  "/tmp",
  "/var",
  "/var/tmp",
  "/var/lib",
  "/srv",
  "/opt",
  "/usr",
  "/usr/local",
  "/usr/src",
  "/mnt",
  "/media",
];

/** A registry, or leave to use one. npm's own configuration says which registry to ask. */
const registry = [
  /\bregistry\s*=\s*["']?https?:/,
  /\bregistry\.[a-z]+\.(?:org|com|dev)\b/,
  /"resolved":\s*"https?:/,
  /:_(?:auth|password)/,
];

const texts = projectFiles().map((path) => ({ path, text: readFileSync(join(projectRoot, path), "latin1") }));

/** Where this machine keeps the project and its user: these paths exist nowhere else. */
function pathsOfThisMachine(): string[] {
  const found: string[] = [];
  for (let path = projectRoot; !everywhere.includes(path); path = dirname(path)) found.push(path);
  return [...found, homedir()].filter((path) => !everywhere.includes(path));
}

function linesThatMatch(pattern: RegExp): string[] {
  return texts.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

test("no path of the machine that it was written on", () => {
  for (const path of pathsOfThisMachine()) assert.deepEqual(linesThatMatch(absolutePath(path)), [], path);
});

test("no registry", () => {
  const own = "test/repo/no-foreign-names.test.ts:";
  for (const pattern of registry)
    assert.deepEqual(
      linesThatMatch(pattern).filter((line) => !line.startsWith(own)),
      [],
      String(pattern),
    );
});

test("a path counts when it is absolute only", () => {
  assert.match('root: "/place/main/src"', absolutePath("/place"));
  assert.doesNotMatch("runtime/<name>/place/a, {upper}/place/a, ./place/a, /placebo/a", absolutePath("/place"));
  assert.doesNotMatch("assert.match(cure, /place the file/)", absolutePath("/place"));
  assert.match("cd /place/main", absolutePath("/place/main"));
  assert.doesNotMatch("cd /place/mainly", absolutePath("/place/main"));
});

/**
 * Matches `path` where nothing before it makes it the end of another path. A path of one name counts only with a path
 * behind it: a machine that keeps the project under `/check` must not find itself in the pattern `/check the port/`.
 */
function absolutePath(path: string): RegExp {
  const ends = dirname(path) === "/" ? "(?=/[\\w.])" : "(?![\\w-])";
  return new RegExp(`(?<![\\w.~>})*\\]-])${path.replaceAll(/[^\w/]/g, "\\$&")}${ends}`);
}
