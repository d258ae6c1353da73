import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { contractReference } from "../../scripts/contract-reference.ts";
import { evidenceReference } from "../../scripts/evidence-reference.ts";
import { failuresReference } from "../../scripts/failures-reference.ts";
import { genIndex } from "../../scripts/gen-index.ts";
import { importsReference } from "../../scripts/imports-reference.ts";
import { manReference } from "../../scripts/man/man-pages.ts";
import { specFileJsonSchema } from "../../src/domain/spec-file-schema.ts";
import { projectRoot } from "./source-imports.ts";

const cure = "run `npm run generate`";

test("src/gen is what buf generates from the contract", () => {
  const directory = mkdtempSync(join(tmpdir(), "l4m-generated-"));
  try {
    execFileSync("buf", ["generate", "--output", directory], { cwd: projectRoot });
    const fresh = join(directory, "src/gen");
    const stored = join(projectRoot, "src/gen");
    const filesOf = (tree: string) => globSync("**/*_pb.ts", { cwd: tree }).sort();
    assert.deepEqual(filesOf(stored), filesOf(fresh), cure);
    for (const path of filesOf(fresh))
      assert.equal(readFileSync(join(stored, path), "utf8"), readFileSync(join(fresh, path), "utf8"), `${path}: ${cure}`);
    assert.equal(readFileSync(join(stored, "index.ts"), "utf8"), genIndex(fresh), cure);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("docs/reference/contract.md is what the contract's comments say", () => {
  assert.equal(readFileSync(join(projectRoot, "docs/reference/contract.md"), "utf8"), contractReference(projectRoot), cure);
});

test("docs/reference/allowed-imports.md is the table that the layering test enforces", () => {
  assert.equal(readFileSync(join(projectRoot, "docs/reference/allowed-imports.md"), "utf8"), importsReference(), cure);
});

test("docs/reference/steamcmd-failures.md is the table that the installer uses", () => {
  assert.equal(readFileSync(join(projectRoot, "docs/reference/steamcmd-failures.md"), "utf8"), failuresReference(), cure);
});

test("docs/reference/evidence.md tells what bench/results holds", () => {
  assert.equal(readFileSync(join(projectRoot, "docs/reference/evidence.md"), "utf8"), evidenceReference(projectRoot), cure);
});

test("docs/reference/instance-spec.schema.json is the schema of specification files", () => {
  const stored = readFileSync(join(projectRoot, "docs/reference/instance-spec.schema.json"), "utf8");
  assert.equal(stored, `${JSON.stringify(specFileJsonSchema(), undefined, 2)}\n`, cure);
});

test("docs/reference/man holds the manual pages, and nothing else", () => {
  const reference = join(projectRoot, "docs/reference");
  const pages = manReference();
  assert.deepEqual(globSync("man/*", { cwd: reference }).sort(), Object.keys(pages).sort(), cure);
  for (const [path, page] of Object.entries(pages)) assert.equal(readFileSync(join(reference, path), "utf8"), page, `${path}: ${cure}`);
});
