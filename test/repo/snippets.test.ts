import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { buildPackage, linkPackages } from "./built-package.ts";
import { NoGamesHere, startDemoHost } from "./snippets/demo-host.ts";
import { firstBroken, readSnippets } from "./snippets/read-snippets.ts";
import { compileSnippets, runSnippet } from "./snippets/run-snippet.ts";
import { projectRoot } from "./source-imports.ts";

const documents = globSync(["README.md", "docs/**/*.md", "examples/**/*.md", "test/repo/fixtures/snippets.md"], { cwd: projectRoot })
  .sort()
  .map((path) => ({ path, snippets: readSnippets(readFileSync(join(projectRoot, path), "utf8")) }))
  .filter(({ snippets }) => snippets.length > 0);

// Two documents at a time: each waits a good deal for its host.
describe("what documents show is true", { concurrency: 2 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "l4m-snippets-"));
  const built = join(directory, "left4me-host");
  before(() => buildPackage(built, { withBundles: false }));
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const { path, snippets } of documents) {
    test(path, async (context) => {
      await using host = await startDemoHost().catch((error) => skipWithoutGames(context, error));
      if (host === undefined) return;
      linkPackages(host.directory, built);
      await compileSnippets(snippets, host);
      for (const snippet of snippets) await context.test(`line ${snippet.line}`, () => runSnippet(snippet, host));
    });
  }
});

function skipWithoutGames(context: TestContext, error: unknown): undefined {
  if (!(error instanceof NoGamesHere)) throw error;
  context.skip(error.message);
}

test("blocks are read by their tags", () => {
  const markdown = "```sh\nno\n```\n\n```sh run\na\n# prints: b\n# exits: 3\n```\n1. x\n   ```yaml file a.yaml\n   b: 1\n   ```\n";
  assert.deepEqual(readSnippets(markdown), [
    { kind: "sh", fileName: "snippet-5.sh", line: 5, text: "a\n# prints: b\n# exits: 3\n", prints: ["b"], exits: 3 },
    { kind: "file", fileName: "a.yaml", line: 11, text: "b: 1\n", prints: [], exits: 0 },
  ]);
  assert.throws(() => readSnippets("```py run\n```"), /line 1: a block of py/);
});

test("output is compared loosely, but in order", () => {
  assert.equal(firstBroken(["alpha  RUNNING", "since …, port 27015"], "x\nalpha RUNNING\nsince 3 s, port   27015\n"), undefined);
  assert.equal(firstBroken(["b", "a"], "a\nb\n"), "a");
  assert.equal(firstBroken(["a … b"], "a\nb"), "a … b");
});
