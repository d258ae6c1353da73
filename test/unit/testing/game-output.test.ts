import assert from "node:assert/strict";
import { test } from "node:test";
import { maximumLineBytes } from "../../../src/domain/log-entry.ts";
import { splitCommands, wordsOf } from "../../../src/testing/game/console-text.ts";
import { GameOutput, type PrintedLine } from "../../../src/testing/game/game-output.ts";

function printed(...pieces: (string | Buffer)[]): PrintedLine[] {
  const lines: PrintedLine[] = [];
  const output = new GameOutput((line) => lines.push(line));
  for (const piece of pieces) output.write(Buffer.from(piece));
  output.finish();
  return lines;
}

const texts = (lines: readonly PrintedLine[]) => lines.map(({ message }) => message);

test("lines are told as they are completed, the last one at the end", () => {
  assert.deepEqual(texts(printed("a", "b\nc\r\n", "\n", "d")), ["ab", "c", "", "d"]);
});

test("a line that is too long comes in parts, and what is no UTF-8 with its bytes", () => {
  const parts = printed(`${"x".repeat(maximumLineBytes + 10)}\n`);
  assert.deepEqual(
    parts.map(({ message, partial }) => [message.length, partial]),
    [
      [maximumLineBytes, true],
      [10, false],
    ],
  );
  const [broken] = printed(Buffer.from([0x61, 0xff, 0x0a]));
  assert.deepEqual([broken?.message, broken?.raw], ["a\ufffd", Uint8Array.from([0x61, 0xff])]);
});

test("console text is split as the engine splits it", () => {
  assert.deepEqual(splitCommands('a;b "c;d" // e\n\n  f  '), ["a", 'b "c;d"', "f"]);
  assert.deepEqual(wordsOf('say  "one two" three'), { name: "say", args: ["one two", "three"], rest: '"one two" three' });
  assert.deepEqual(wordsOf(""), { name: "", args: [], rest: "" });
});
