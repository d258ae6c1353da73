import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { projectRoot } from "./source-imports.ts";

type Manifest = Partial<Record<"dependencies" | "devDependencies" | "optionalDependencies", Record<string, string>>>;

const readJson = <T>(path: string) => JSON.parse(readFileSync(join(projectRoot, path), "utf8")) as T;
const { packages } = readJson<{ packages: Record<string, Manifest> }>("package-lock.json");

test("versions are exact", () => {
  for (const path of ["package.json", "runtime/package.json"]) {
    const { dependencies, devDependencies, optionalDependencies } = readJson<Manifest>(path);
    const inexact = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    assert.deepEqual(inexact, [], path);
  }
});

test("the lockfile names the packages of all platforms: without them `npm ci` refuses it", () => {
  const optional = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
  assert.deepEqual(
    optional.filter((name) => packages[`node_modules/${name}`] === undefined),
    [],
  );
});
