import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OutputLines } from "../../../src/installer/output-lines.ts";
import { redactor } from "../../../src/installer/redact.ts";

const password = "correct horse";

/** All that comes out of a stream in which the pieces come one by one. */
function linesOf(...pieces: readonly (string | Buffer)[]): { readonly text: string; readonly isWhole: boolean }[] {
  const found: { readonly text: string; readonly isWhole: boolean }[] = [];
  const lines = new OutputLines(redactor(password), (text, isWhole) => found.push({ text, isWhole }));
  for (const piece of pieces) lines.push(Buffer.from(piece));
  lines.end();
  return found;
}

describe("lines of a stream", () => {
  test("CR and LF end lines, empty ones are left out, and pieces do not matter", () => {
    const text = "one\r\ntwo\rthree\n\n\nfo";
    const whole = linesOf(text, "ur").map((line) => line.text);
    assert.deepEqual(whole, ["one", "two", "three", "four"]);
    assert.deepEqual(
      linesOf(...`${text}ur`).map((line) => line.text),
      whole,
    );
  });

  test("a character in two pieces stays one; what is none is replaced", () => {
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = [Buffer.from("ä").subarray(0, 1), Buffer.from("ä").subarray(1)];
    assert.deepEqual(linesOf(first, second, "\n")[0]?.text, "ä");
    assert.deepEqual(linesOf(first, "\n")[0]?.text, "\ufffd");
    assert.deepEqual(linesOf("\u001b[0mgreen\u001b[32m\0\n")[0]?.text, "green\ufffd");
  });

  test("a long line comes in pieces, of which only the first may have a meaning", () => {
    const found = linesOf("x".repeat(30_000), "y\nz\n");
    assert.equal(found.map(({ text }) => text).join(""), `${"x".repeat(30_000)}yz`);
    assert.ok(found.every(({ text }) => text.length <= 4000));
    assert.deepEqual(
      found.filter(({ isWhole }) => isWhole).map(({ text }) => text[0]),
      ["x", "z"],
    );
  });

  test("a password is found wherever it stands, in whatever pieces it comes", () => {
    for (let offset = 11_980; offset < 12_010; offset++) {
      const text = `${"x".repeat(offset)}${password}${"y".repeat(9000)}`;
      for (const cut of [offset, offset + 5, offset + password.length]) {
        const found = linesOf(text.slice(0, cut), text.slice(cut))
          .map((line) => line.text)
          .join("");
        assert.equal(found, text.replace(password, "[password]"));
      }
    }
    assert.deepEqual(linesOf(`${password}${password}\n`)[0]?.text, "[password][password]");
  });

  test("a password is found although control sequences or parts of them stand in it", () => {
    for (const within of ["\u001b[0m", "\u001b[1;32m", "\u001b\u001b[0m[0m", "\u009b0m", "\u001b"]) {
      for (const text of [`a correct${within} horse b\n`, `${"x".repeat(13_000)}correct${within} horse\n`]) {
        const found = linesOf(text)
          .map((line) => line.text)
          .join("");
        assert.ok(!found.replaceAll(/\u001b\[0m/g, "").includes(password), JSON.stringify(found.slice(-60)));
        assert.ok(!/[\u001b\u009b]/.test(found));
      }
    }
    assert.equal(linesOf("correct\u001b[0m horse\n")[0]?.text, "[password]");
  });
});
