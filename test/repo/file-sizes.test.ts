import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceModules } from "./source-imports.ts";

/** Beyond this a file has more than one subject. */
const mostLines = 400;

test("files of src/ stay readable at one sitting", (context) => {
  const sizes = sourceModules()
    .filter(({ path }) => !path.startsWith("gen/"))
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .sort((a, b) => a.lines - b.lines);
  const at = (share: number) => sizes[Math.floor((sizes.length - 1) * share)]?.lines;
  context.diagnostic(`${sizes.length} files of src/: ${at(0.5)} lines in the median, ${at(0.9)} at the 90th percentile, ${at(1)} at most`);
  assert.deepEqual(
    sizes.filter(({ lines }) => lines > mostLines),
    [],
  );
});
