import assert from "node:assert/strict";
import { maximumLineBytes } from "../../../../src/domain/log-entry.ts";
import { LineJoiner, type WholeLine } from "../../../../src/drivers/systemd/journal/feed/line-joiner.ts";
import { lineEntry } from "../../../../src/drivers/systemd/journal/feed/log-entries.ts";
import { parseLogPosition } from "../../../../src/drivers/systemd/journal/feed/log-position.ts";
import { ExportParser } from "../../../../src/drivers/systemd/journal/source/export-parser.ts";
import type { JournalLine } from "../../../../src/drivers/systemd/journal/source/journal-line.ts";
import { parseJournalCursor } from "../../../../src/drivers/systemd/journal/source/journal-point.ts";
import { type ExportedEntry, exportText } from "../../../unit/systemd-journal/export-text.ts";
import { ByteSource } from "../byte-source.ts";
import { cutAnywhere } from "../cut-anywhere.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";

const uid = "0b9a3a1e-7d53-4f0c-9a44-6a1f6f7f2c11";
const entries: readonly ExportedEntry[] = [
  { sequence: 1, time: 1000, unit: "left4me-server@a.service", message: Buffer.from("text"), invocationId: "c".repeat(32) },
  { sequence: 2, time: 1001, unit: "left4me-server@a.service", message: Buffer.from([0xff, 10, 0]), lineBreak: "line-max" },
];

/** journald's export format, and the lines of the games that are made of it. */
export const target: FuzzTarget = {
  property:
    "the same entries and the same end however the bytes are cut; no byte of a message lost, added or out of order; positions read back",
  largestBytes: 4096,
  covers: ["/src/drivers/systemd/journal/"],
  seeds: [
    Buffer.concat([Buffer.from([0, 3, 10, 10, 20, 20, 30, 30]), ...entries.map(exportText)]),
    Buffer.from([1, 2, 50, 50, 150, 150, 3, 4, 255, 1, 1, 1, 7, 1, 120, 3, 5, 100, 1, 7, 1, 121, 0]),
  ],
  words: [
    ...[
      "__CURSOR=",
      "__SEQNUM=",
      "__REALTIME_TIMESTAMP=",
      "_SYSTEMD_UNIT=",
      "_SYSTEMD_INVOCATION_ID=",
      "_LINE_BREAK=line-max\n",
      "MESSAGE=",
      "MESSAGE\n",
    ],
    ...[
      Buffer.alloc(8),
      Buffer.from("0300000000000000", "hex"),
      Buffer.from("ffffffffffffffff", "hex"),
      Buffer.from("0000000000010000", "hex"),
    ],
    ...["\n", "\n\n", "=", "\xff", `${"c".repeat(32)}\n`],
  ],
  check(input): Verdict {
    const choices = new ByteSource(input);
    const isRaw = choices.byte() % 2 === 0;
    const cuts = choices.bytes(40);
    const given = isRaw ? undefined : exportedEntries(choices);
    const bytes = given === undefined ? choices.rest() : Buffer.concat(given.map(exportText));
    const whole = parse([Buffer.from(bytes)]);
    assert.deepEqual(parse(cutAnywhere(bytes, new ByteSource(cuts))), whole, "cut elsewhere it reads differently");
    if (given !== undefined) {
      assert.equal(whole.problem, undefined);
      assert.deepEqual(
        whole.lines.map(({ line }) => bytesOf(line)),
        given.map(({ message }) => Buffer.from(message)),
      );
    }
    checkJoined(whole.lines.map(({ line }) => line));
    return whole.problem === undefined && whole.lines.length > 0 ? "taken" : "refused";
  },
};

type Parsed = { readonly lines: { readonly unit: string; readonly line: JournalLine }[]; readonly problem: string | undefined };

function parse(chunks: readonly Buffer[]): Parsed {
  const lines: Parsed["lines"] = [];
  const parser = new ExportParser((_cursor, unit, line) => lines.push({ unit, line: line() }));
  try {
    for (const chunk of chunks) {
      parser.push(chunk);
      chunk.fill(0xaa); // what was told must not lean on the chunk
    }
    return { lines, problem: undefined };
  } catch (error) {
    const text = (error as Error).message;
    if (!text.startsWith("the journal's export holds")) throw error;
    return { lines, problem: text };
  }
}

/** Entries with lines of up to 48 KiB, as journald cuts them. */
function exportedEntries(choices: ByteSource): ExportedEntry[] {
  const made: ExportedEntry[] = [];
  while (!choices.isEmpty && made.length < 12) {
    const [length, seed] = [choices.byte() % 4 === 3 ? (choices.word() * 3) >> 2 : choices.byte(), choices.bytes(20)];
    made.push({
      sequence: 1 + choices.word() * choices.byte(),
      time: 1 + choices.word() ** 3,
      unit: choices.pick(["left4me-server@a.service", "left4me-server@b.service", ""]),
      message: seed.length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, seed),
      ...(choices.byte() % 2 === 0 ? {} : { invocationId: choices.pick(["c", "d"]).repeat(32) }),
      ...(choices.byte() % 3 === 0 ? {} : { lineBreak: choices.pick(["line-max", "eof"]) }),
    });
  }
  return made;
}

const bytesOf = ({ raw, message }: Pick<JournalLine, "raw" | "message">) => Buffer.from(raw ?? Buffer.from(message));

function checkJoined(pieces: readonly JournalLine[]): void {
  const joiner = new LineJoiner();
  const lines: WholeLine[] = pieces.flatMap((piece) => joiner.push(piece));
  const last = joiner.flush();
  if (last !== undefined) lines.push(last);
  assert.ok(Buffer.concat(pieces.map(bytesOf)).equals(Buffer.concat(lines.map(bytesOf))), "joining loses bytes");
  const longest = Math.max(maximumLineBytes, ...pieces.map(({ size }) => size));
  for (const line of lines) {
    assert.equal(line.size, bytesOf(line).length);
    assert.ok(line.size <= longest);
    const cursor = parseJournalCursor(line.cursor.text);
    if (cursor === undefined || cursor.sequence === 0) continue;
    const entry = lineEntry({ ...line, cursor }, { cursor, event: 3 }, uid, undefined);
    assert.deepEqual(parseLogPosition(entry.position, uid), { cursor, event: 3 });
  }
}
