import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type InstallerEvent, installerEventSchema, longestEvent } from "../../../../src/domain/installer-agreement.ts";
import { installerEvents } from "../../../../src/host/install/installer-events.ts";
import { readListing } from "../../../../src/host/install/installer-listing.ts";
import { ByteSource } from "../byte-source.ts";
import { collect } from "../collect.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";
import { refusedOrLater } from "../refused-or.ts";

const forever = new AbortController().signal;

/** The events and the listing that an installer writes, which is a stranger's word. */
export const target: FuzzTarget = {
  property: "exactly the events that a plain reading finds, whatever stands between them; a listing is whole or INSTALL_INCOMPLETE",
  largestBytes: 1500,
  covers: ["/src/host/install/", "/src/domain/installer-agreement"],
  seeds: [
    '\0{"type":"hello","job":"0123abcd"}\n{"type":"progress","phase":"DOWNLOADING","percent":1.5,"doneBytes":3,"totalBytes":200}\n',
    '\0{"type":"line","time":1,"text":"x"}\n{"type":"end","failure":{"reason":"INTERNAL","cause":"c","cure":"d","exitCode":1}}\n',
    '\0{"type":"end"}\n{"type":"end"}',
    '\xff{"type":"line","time":1,"text":"y"}\n \0',
    "\0a\0b/c\0",
  ],
  words: [
    ...[
      '{"type":"',
      '"hello"',
      '"line"',
      '"progress"',
      '"end"',
      '"failure":{',
      '"metadata":{',
      '"__proto__":{',
      "}\n",
      "\n",
      "\0",
      "\r",
      "\xff",
    ],
    ...[
      "1e999",
      "-1",
      "null",
      "[",
      "9007199254740993",
      '"phase":"PREPARING"',
      '"reason":"INTERNAL"',
      "\\u0000",
      "\\ud800",
      " ".repeat(300),
    ],
  ],
  async check(input, scratch): Promise<Verdict> {
    const choices = new ByteSource(input);
    const filler = choices.byte();
    const text = choices.rest();
    // Now and then with so much before or behind it that it is read in several pieces, at any place.
    const padding = filler < 200 ? Buffer.alloc(0) : Buffer.alloc((filler - 199) * 1200, " ");
    const bytes = filler % 2 === 0 ? Buffer.concat([padding, text]) : Buffer.concat([text, padding, Buffer.from("\n"), text]);
    const path = join(scratch, "events");
    await writeFile(path, bytes);
    const events = await collect(installerEvents(path, () => true, forever));
    assert.deepEqual(events, plainly(bytes));
    const listing = await refusedOrLater(["INSTALL_INCOMPLETE"], () => readListing(path));
    assert.equal(listing !== undefined, isListing(bytes));
    return events.length > 0 || listing !== undefined ? "taken" : "refused";
  },
};

function isListing(bytes: Buffer): boolean {
  const paths = bytes.toString("latin1").split("\0");
  return paths.pop() === "" && paths.length > 0 && paths.every((path) => path !== "" && path.length <= 4096);
}

function plainly(bytes: Buffer): InstallerEvent[] {
  const lines = bytes.toString("latin1").split("\n").slice(0, -1);
  const tooLong = lines.findIndex((line) => line.length > longestEvent);
  return (tooLong === -1 ? lines : lines.slice(0, tooLong)).flatMap((line) => {
    try {
      return [installerEventSchema.parse(JSON.parse(Buffer.from(line, "latin1").toString("utf8")))];
    } catch {
      return [];
    }
  });
}
