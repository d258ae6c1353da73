import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type InstallerEvent, installerEventSchema, longestEvent } from "../../../src/domain/installer-agreement.ts";
import { type FailureReason, failureTable } from "../../../src/installer/failure-table.ts";
import { InstallationFailed } from "../../../src/installer/installation-failed.ts";
import { Outbox } from "../../../src/installer/outbox.ts";
import { SpaceCheck } from "../../../src/installer/space-check.ts";
import { scratch } from "../host/unpack/scratch.ts";

const job = "0123456789abcdef";

async function outboxIn(context: TestContext): Promise<{ readonly outbox: Outbox; readonly events: () => InstallerEvent[] }> {
  const directory = await scratch(context);
  const outbox = new Outbox(directory, job);
  const events = () =>
    readFileSync(join(directory, `events-${job}`), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => installerEventSchema.parse(JSON.parse(line)));
  return { outbox, events };
}

describe("the outbox", () => {
  test("progress is told four times a second at most, a new phase at once, and the last figure before the next phase", async (context) => {
    const { outbox, events } = await outboxIn(context);
    const start = Date.now();
    for (let percent = 0; percent < 100; percent++) {
      outbox.progress({ phase: "DOWNLOADING", percent });
      await pause(5);
    }
    outbox.progress({ phase: "VERIFYING", percent: 1 });
    outbox.end();
    const told = events().flatMap((event) => (event.type === "progress" ? [`${event.phase} ${event.percent}`] : []));
    assert.deepEqual([told[0], ...told.slice(-2)], ["DOWNLOADING 0", "DOWNLOADING 99", "VERIFYING 1"]);
    assert.ok(told.length <= 4 + (Date.now() - start) / 250, told.join(", "));
  });

  test("the longest line and the longest failure fit into an event", async (context) => {
    const { outbox, events } = await outboxIn(context);
    outbox.line("\u0001".repeat(4000));
    outbox.note("ä".repeat(5000));
    const metadata = { exit_code: "1", last_line: "\u0001".repeat(4000) };
    outbox.end(new InstallationFailed("STEAMCMD_FAILED", metadata, { stderr: `€${"\u0001".repeat(9000)}` }).failure);
    for (const event of events()) assert.ok(Buffer.byteLength(JSON.stringify(event)) < longestEvent);
    assert.equal(events().at(-1)?.type, "end");
  });
});

describe("the table of failures", () => {
  for (const [reason, { causes, cure, sign }] of Object.entries(failureTable))
    test(`${reason}: cause and cure in words`, () => {
      assert.ok(cure.length > 20 && sign.length > 10);
      for (const cause of causes) {
        const names = [...cause.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
        const metadata = Object.fromEntries(names.map((name) => [name, `<${name}>`]));
        const { failure } = new InstallationFailed(reason as FailureReason, metadata);
        assert.equal(failure.cause, cause.replaceAll("{", "<").replaceAll("}", ">"));
      }
    });
});

describe("room for what is announced", () => {
  const gigabytes = 2 ** 50;
  test("the first announcement of a run counts, and only what is still to come", () => {
    const check = new SpaceCheck("/");
    assert.equal(check.missing(0x5, { phase: "VERIFYING", doneBytes: 0, totalBytes: gigabytes }), undefined);
    assert.equal(check.missing(0x11, { phase: "PREPARING", doneBytes: gigabytes - 5, totalBytes: gigabytes }), undefined);
    assert.equal(check.missing(0x61, { phase: "DOWNLOADING", doneBytes: 0, totalBytes: gigabytes }), undefined);
    assert.equal(new SpaceCheck("/").missing(0x61, { phase: "DOWNLOADING", doneBytes: 7, totalBytes: gigabytes }), gigabytes - 7);
  });
});
