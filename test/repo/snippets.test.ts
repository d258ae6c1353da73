import assert from "node:assert/strict";
import { test } from "node:test";
import { firstBroken, readSnippets } from "./snippets/read-snippets.ts";
import { testDocuments } from "./snippets/test-documents.ts";

// What a newcomer reads first; the others are tested by the suite `long`.
testDocuments(["README.md", "docs/tutorial/*.md", "test/repo/fixtures/snippets.md"]);

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
