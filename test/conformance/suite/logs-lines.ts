import assert from "node:assert/strict";
import { WaitFor } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { LifecycleEvent, type LogEntry } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import type { Game } from "../fixtures/game.ts";
import { printedLines } from "../fixtures/log-reading.ts";
import { refusal } from "../fixtures/refusal.ts";
import { script, type TestContext } from "../fixtures/test-context.ts";
import { area } from "../runner/test-case.ts";

const hex = (bytes: string | Uint8Array) => Buffer.from(bytes as string).toString("hex");
const isPrinted = ({ event }: LogEntry) => event === LifecycleEvent.NONE;

const texts = ["  leading", "\ttab\tinside", "\x1b[31mred\x1b[0m", "zoë ☃ 🎮", '{"json": true}', "=equals", "-dash", "<6>priority"];

/** Lines that journald shortens or drops. */
const blanks = ["trailing  ", "", "\t", "last"];

/** Bytes that are no UTF-8, and the text that they become. */
const invalid: readonly (readonly [number[], string])[] = [
  [[0x61, 0xff, 0x62], "a\ufffdb"],
  [[0xfe, 0x41, 0xff], "\ufffdA\ufffd"],
  [[0x7a, 0x6f, 0xeb], "zo\ufffd"],
  [[0xc3, 0xa9, 0xff], "é\ufffd"],
];

/** A game that prints, and never gets ready: where lines come late, READY would stand somewhere between them. */
async function printing(t: TestContext, config: readonly string[]): Promise<Game> {
  const game = await t.running({ config: script(["sim_no_port 1", ...config]) }, {}, WaitFor.ACTIVE);
  await game.printed();
  return game;
}

/** One game that prints all of it. Marks tell where each kind begins. */
async function everyKindOfLine(t: TestContext) {
  const game = await printing(t, [
    "echo cf-text",
    ...texts.map((line) => `sim_raw ${hex(`${line}\n`)}`),
    `sim_raw ${hex("first ")}`,
    `sim_raw ${hex("half, second half\nnext\n")}`,
    "echo cf-blanks",
    ...blanks.map((line) => `sim_raw ${hex(`${line}\n`)}`),
    "echo cf-bytes",
    ...invalid.map(([bytes]) => `sim_raw ${hex(Uint8Array.from([...bytes, 0x0a]))}`),
    "echo cf-whole",
    "sim_flood 1 65536",
    "echo cf-long",
    "sim_flood 1 204800",
    "echo cf-many",
    "sim_flood 2000 60",
    "sim_flood 60 60000",
  ]);
  await game.stop();
  return { game, entries: (await game.log()).entries };
}

export const logsLines = area("logs", (test) => {
  test("last-line-without-an-end", "The text without its line break.", async (t) => {
    const game = await t.game({ config: ["echo whole", `sim_raw ${hex("no line end")}`, "crash"] });
    await refusal(game.start(), "START_FAILED");
    await game.stop();
    const { entries } = await game.log();
    const exited = entries.findIndex(({ event }) => event === LifecycleEvent.EXITED);
    const before = entries.slice(0, exited).filter(isPrinted);
    assert.equal(before.at(-1)?.message, "no line end");
    assert.equal(before.at(-1)?.partial, false);
    assert.equal(before.at(-2)?.message, "whole");
  });

  test("text-is-kept-as-printed", "The text without its line break.", async (t) => {
    const printed = printedLines((await t.once(everyKindOfLine)).entries);
    const begin = printed.indexOf("cf-text") + 1;
    assert.deepEqual(printed.slice(begin, begin + texts.length), texts);
  });

  test("blanks-are-kept-as-printed", "The text without its line break.", async (t) => {
    const printed = printedLines((await t.once(everyKindOfLine)).entries);
    const begin = printed.indexOf("cf-blanks") + 1;
    assert.deepEqual(printed.slice(begin, begin + blanks.length), blanks);
  });

  test("lines-come-as-they-are-completed", "The text without its line break.", async (t) => {
    const printed = printedLines((await t.once(everyKindOfLine)).entries);
    assert.equal(printed[printed.indexOf("first half, second half") + 1], "next");
  });

  test("invalid-utf-8", "Bytes that are not UTF-8 are replaced by U+FFFD; `raw` then holds the original.", async (t) => {
    const { entries } = await t.once(everyKindOfLine);
    const begin = entries.findIndex(({ message }) => message === "cf-bytes");
    for (const [index, [bytes, text]] of invalid.entries()) {
      const entry = entries[begin + 1 + index];
      assert.equal(entry?.message, text);
      assert.deepEqual([...(entry?.raw ?? [])], bytes, "the original bytes, without the line break");
    }
    assert.equal(entries[begin]?.raw.length, 0, "set only when they are not valid UTF-8");
  });

  test(
    "line-of-64-kib-is-whole",
    "Whether the text is only a part of a line that was too long (over 64 KiB): the next entry continues it.",
    async (t) => {
      const { entries } = await t.once(everyKindOfLine);
      const line = entries[entries.findIndex(({ message }) => message === "cf-whole") + 1];
      assert.deepEqual([line?.message.length, line?.partial], [65_536, false]);
    },
  );

  test(
    "longer-line-comes-in-pieces",
    "Whether the text is only a part of a line that was too long (over 64 KiB): the next entry continues it.",
    async (t) => {
      const { game, entries } = await t.once(everyKindOfLine);
      const begin = entries.findIndex(({ message }) => message === "cf-long") + 1;
      const end = entries.findIndex(({ partial }, index) => index >= begin && !partial);
      const pieces = entries.slice(begin, end + 1);
      assert.ok(pieces.length > 1);
      assert.deepEqual(
        pieces.map(({ partial }) => partial),
        [...pieces.slice(1).map(() => true), false],
      );
      assert.equal(pieces.map(({ message }) => message).join(""), "sim_flood 1/1 ".padEnd(204_800, "x"));
      assert.ok(pieces.every(isPrinted));
      for (const [index, { cursor }] of pieces.entries()) {
        const { entries: rest } = await game.log({ start: { case: "afterCursor", value: cursor } });
        assert.equal(rest[0]?.cursor, entries[begin + index + 1]?.cursor, "also between the pieces a stream resumes");
      }
    },
  );

  test("long-line-of-wide-characters", "Bytes that are not UTF-8 are replaced by U+FFFD; `raw` then holds the original.", async (t) => {
    // Three bytes a character: some piece would end within one if pieces were cut blindly.
    const text = "☃".repeat(35_000);
    const game = await printing(t, ["echo cf-begin", ...pieces(text, 600), "sim_raw 0a"]);
    const { entries } = await game.log();
    const begin = entries.findIndex(({ message }) => message === "cf-begin");
    const end = entries.findIndex(({ partial }, index) => index > begin && !partial);
    const bytes = Buffer.concat(entries.slice(begin + 1, end + 1).map(({ raw, message }) => (raw.length > 0 ? raw : Buffer.from(message))));
    assert.ok(bytes.equals(Buffer.from(text)), "the pieces join to the original bytes");
  });

  test("batches-are-bounded", "Entries in order, at most 256 and 1 MiB together; one entry always fits.", async (t) => {
    const { game } = await t.once(everyKindOfLine);
    const { messages } = await game.log();
    const sizes = messages.flatMap(({ event }) => (event.case === "batch" ? [event.value.entries] : []));
    assert.ok(
      sizes.every((entries) => entries.length > 0 && entries.length <= 256),
      "1 to 256 entries",
    );
    const bytes = sizes.map((entries) => entries.reduce((total, { message }) => total + message.length, 0));
    assert.ok(
      bytes.every((total) => total <= 2 ** 20),
      `${Math.max(...bytes)} bytes`,
    );
  });
});

/** `sim_raw` lines for a text. */
function pieces(text: string, length: number): string[] {
  return Array.from(
    { length: Math.ceil(text.length / length) },
    (_, index) => `sim_raw ${hex(text.slice(index * length, (index + 1) * length))}`,
  );
}
