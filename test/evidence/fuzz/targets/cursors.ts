import assert from "node:assert/strict";
import {
  parseLogPosition as embeddedPosition,
  formatLogPosition as embeddedText,
} from "../../../../src/drivers/embedded/logs/log-position.ts";
import {
  parseLogPosition as journalPosition,
  formatLogPosition as journalText,
} from "../../../../src/drivers/systemd/journal/feed/log-position.ts";
import { parseJournalCursor } from "../../../../src/drivers/systemd/journal/source/journal-point.ts";
import { logCursors, watchCursors } from "../../../../src/host/streams/cursor.ts";
import { pageOf, pagePosition } from "../../../../src/service/paging.ts";
import { ByteSource } from "../byte-source.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";
import { refusedOr } from "../refused-or.ts";

const uid = "0b9a3a1e-7d53-4f0c-9a44-6a1f6f7f2c11";
const scope = { hostId: "host", driver: "systemd", name: "demo" };
const logs = logCursors(scope);
const watches = watchCursors({ hostId: "host", filter: "{}" });
const cursor = `s=${"a".repeat(32)};i=1f;b=${"b".repeat(32)};m=1;t=64a;x=ff`;
const journalToken = journalText({ cursor: parseJournalCursor(cursor) ?? assert.fail(), event: 3 }, uid);

const readers: readonly ((token: string) => boolean)[] = [
  (token) =>
    reads(
      () => logs.decode(token),
      (found) => assert.equal(logs.encode(found), token),
    ),
  (token) =>
    reads(
      () => watches.decode(token),
      ({ epoch, revision }) => assert.ok(epoch >= 0 && revision >= 0),
    ),
  (token) =>
    reads(
      () => pagePosition({ pageSize: 0, pageToken: token }, "list"),
      (found) => assert.equal(found === undefined, token === ""),
    ),
  (token) =>
    reads(
      () => embeddedPosition(token),
      (found) => assert.ok(token === "" || embeddedText(found) === token),
    ),
  (token) =>
    reads(
      () => journalPosition(token, uid),
      (found) => assert.ok(token === "" || journalText(found, uid) === token),
    ),
];

/** Cursors of logs and watches, tokens of pages, and positions of both drivers: opaque texts that callers hand back. */
export const target: FuzzTarget = {
  property: "read as it was written; refused when it is damaged, of another stream, or was never written; pages hold each item once",
  largestBytes: 600,
  covers: ["/src/host/streams/cursor", "/src/service/paging", "/log-position", "/journal-point"],
  seeds: [
    `\0${logs.encode({ uid, position: "1.200.3" })}`,
    `\x01${watches.encode({ epoch: 7, revision: 12 })}`,
    `\x02${pageOf(["a", "b"], { pageSize: 1, pageToken: "" }, undefined, pagingOf("list")).nextPageToken}`,
    "\x031.200.3",
    `\x04${journalToken}`,
    "\x05\x041.2.3\x05some more",
    "\x06\x20\x03items of a list",
  ],
  words: [
    "s=",
    ";i=",
    ";b=",
    ";m=",
    ";t=",
    ";x=",
    "~",
    ".",
    ":",
    "=",
    "-",
    "_",
    "0",
    "AAAA",
    "WyIi",
    "IiwiIiw",
    "9".repeat(16),
    cursor,
    "\ufffd",
  ],
  check(input): Verdict {
    const choices = new ByteSource(input);
    const mode = choices.byte() % 7;
    const reader = readers[mode];
    if (reader !== undefined) return reader(choices.rest().toString("latin1")) ? "taken" : "refused";
    if (mode === 5) writeAndRead(choices);
    else walkPages(choices);
    return "taken";
  },
};

function reads<T>(read: () => T, check: (found: T) => void): boolean {
  const reason = ["INVALID_CURSOR", "INVALID_PAGE_TOKEN"] as const;
  let found = false;
  refusedOr(reason, () => {
    const value = read();
    found = true;
    check(value);
  });
  return found;
}

/** What was written is read; what is changed in one place, or belongs elsewhere, is refused. */
function writeAndRead(choices: ByteSource): void {
  const position = choices.bytes(250).toString("latin1");
  const [epoch, revision] = [choices.word() * choices.word(), choices.word() ** 3];
  assert.deepEqual(logs.decode(logs.encode({ uid, position })), { uid, position });
  assert.deepEqual(watches.decode(watches.encode({ epoch, revision })), { epoch, revision });
  const tokens = [logs.encode({ uid, position }), watches.encode({ epoch, revision })];
  for (const [index, token] of tokens.entries()) {
    const read = readers[index] ?? assert.fail();
    const at = choices.word() % token.length;
    const char = choices.pick([..."ABCabc019-_ =\0é"]);
    if (token[at] !== char) assert.equal(read(token.slice(0, at) + char + token.slice(at + 1)), false, "a damaged token is taken");
    assert.equal(read(token.slice(0, at)), false, "half of a token is taken");
  }
  const elsewhere = logCursors({ ...scope, name: "other" });
  assert.equal(
    reads(
      () => elsewhere.decode(tokens[0] ?? ""),
      () => {},
    ),
    false,
    "a cursor of another instance is taken",
  );
  assert.equal(
    reads(
      () => journalPosition(journalToken, `${uid}${choices.byte()}`),
      () => {},
    ),
    false,
  );
}

function pagingOf(binding: unknown) {
  return { defaultSize: 3, largestSize: 5, binding, keyOf: (item: string) => item, isBehind: (item: string, key: string) => item > key };
}

/** Items come and go between pages; those that stay are told once, in order. */
function walkPages(choices: ByteSource): void {
  const pageSize = choices.byte() % 8;
  const removed = choices.byte();
  const staying = [...new Set(choices.rest().toString("latin1"))].sort();
  let items = [...staying];
  const told: string[] = [];
  let pageToken = "";
  for (let page = 0; page <= staying.length; page += 1) {
    const request = { pageSize, pageToken };
    const found = pageOf(items, request, pagePosition(request, staying.length), pagingOf(staying.length));
    told.push(...found.items);
    pageToken = found.nextPageToken;
    if (pageToken === "") break;
    // The item that the token names may be gone when the next page is asked for.
    if (removed % 2 === 1) items = items.filter((item) => item !== told.at(-1));
  }
  assert.equal(pageToken, "", "the pages do not end");
  assert.deepEqual(told, staying);
}
