import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { JournalFiles } from "../../../src/drivers/systemd/journal/source/journal-files.ts";
import { parseJournalCursor } from "../../../src/drivers/systemd/journal/source/journal-point.ts";
import { cursorText, sequenceId } from "./export-text.ts";

const hexadecimal = (number: number) => number.toString(16).padStart(16, "0");

/** A directory of journal files; `first` are the number and the time of a file's first entry. */
function journalOf(t: TestContext) {
  const directory = mkdtempSync("/var/tmp/l4m-files-");
  t.after(() => rmSync(directory, { recursive: true }));
  const write = (name: string, bytes: Uint8Array = Buffer.alloc(0)) => writeFileSync(join(directory, name), bytes);
  return {
    files: new JournalFiles(() => directory),
    /** By its name alone. */
    archived: (number: number, time: number) => write(`system@${sequenceId}-${hexadecimal(number)}-${hexadecimal(time)}.journal`),
    /** By its header. */
    headed(name: string, number: number, time: number, signature = "LPKSHHRH", last = number): void {
      const header = Buffer.alloc(256);
      header.write(signature);
      header.write(sequenceId, 72, "hex");
      header.writeBigUInt64LE(BigInt(last), 160);
      header.writeBigUInt64LE(BigInt(number), 168);
      header.writeBigUInt64LE(BigInt(time), 184);
      write(name, header);
    },
  };
}

function cursor(sequence: number, time: number) {
  const parsed = parseJournalCursor(cursorText({ sequence, time }));
  if (parsed === undefined) throw new Error("no cursor");
  return parsed;
}

test("a file that a power cut left counts like the others", (t) => {
  const { files, headed, archived } = journalOf(t);
  assert.equal(files.isEmpty(), true);
  headed(`system@${hexadecimal(5000)}-${hexadecimal(77)}.journal~`, 100, 5000);
  assert.equal(files.isEmpty(), false);
  archived(400, 8000);
  headed("system.journal", 600, 9000);
  assert.equal(files.lossBehind(cursor(200, 6000)), undefined);
  assert.equal(files.lossBehind(cursor(99, 4999)), undefined);
  assert.equal(files.lossBehind(cursor(50, 4000))?.reason, "TRIMMED");
});

test("what is no journal tells nothing", (t) => {
  const { files, headed } = journalOf(t);
  headed("system.journal", 600, 9000);
  headed(`system@${hexadecimal(5000)}-${hexadecimal(77)}.journal~`, 100, 5000, "rubbish!");
  assert.equal(files.lossBehind(cursor(200, 6000))?.reason, "TRIMMED");
});

test("numbers that were given again are known by the time of the file that has them", (t) => {
  const { files, headed, archived } = journalOf(t);
  archived(1, 1000);
  headed(`system@${hexadecimal(5000)}-${hexadecimal(77)}.journal~`, 100, 5000);
  headed("system.journal", 150, 9000);
  for (const [number, time, expected] of [
    [120, 6000, false],
    [149, 8000, false],
    [150, 8001, true],
    [180, 8500, true],
    [150, 9000, false],
    [180, 9500, false],
  ] as const)
    assert.equal(files.isNumberedAnew(cursor(number, time)), expected, `${number} at ${time}`);
});

test("only an entry that begins a file repeats the one before it, and the files are looked at once for what was written before", (t) => {
  const { files, archived, headed } = journalOf(t);
  archived(1, 100);
  archived(50, 500);
  headed("system.journal", 90, 900, undefined, 120);
  assert.equal(files.isRepeated(cursor(49, 500), cursor(50, 500)), true);
  assert.equal(files.isRepeated(cursor(89, 900), cursor(90, 900)), true);
  assert.equal(files.isRepeated(cursor(50, 500), cursor(51, 500)), false);
  assert.equal(files.isRepeated(cursor(49, 499), cursor(50, 500)), false);
  assert.equal(files.isRepeated(cursor(48, 500), cursor(50, 500)), false);
  const other = parseJournalCursor(cursorText({ sequence: 49, time: 500, message: Buffer.from("other") }));
  assert.ok(other !== undefined && !files.isRepeated(other, cursor(50, 500)));
  archived(100, 900);
  assert.equal(files.isRepeated(cursor(99, 900), cursor(100, 900)), false, "it had been written at the first look");
  headed("system.journal", 121, 900, undefined, 130);
  assert.equal(files.isRepeated(cursor(120, 900), cursor(121, 900)), true);
});
