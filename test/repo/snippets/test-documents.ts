import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { buildPackage, linkPackages } from "../built-package.ts";
import { projectRoot } from "../source-imports.ts";
import { NoGamesHere, startDemoHost } from "./demo-host.ts";
import { readSnippets } from "./read-snippets.ts";
import { compileSnippets, runSnippet } from "./run-snippet.ts";

/** Tests what documents show: each has a host of its own, in which its blocks are run in order. */
export function testDocuments(patterns: readonly string[], exclude: readonly string[] = []): void {
  const documents = globSync([...patterns], { cwd: projectRoot, exclude })
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
}

function skipWithoutGames(context: TestContext, error: unknown): undefined {
  if (!(error instanceof NoGamesHere)) throw error;
  context.skip(error.message);
}
