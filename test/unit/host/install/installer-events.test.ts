import assert from "node:assert/strict";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type InstallerEvent, longestEvent, mostEventBytes } from "../../../../src/domain/installer-agreement.ts";
import { installerEvents } from "../../../../src/host/install/installer-events.ts";
import { scratch } from "../unpack/scratch.ts";

test("behind a line that is too long nothing counts, wherever the pieces end in which it is read", async (context) => {
  const path = join(await scratch(context), "events");
  const hello = '{"type":"hello","job":"1"}';
  const good: InstallerEvent = { type: "hello", job: "1" };
  for (const before of [0, 1, 1000, longestEvent - 100]) {
    for (const [length, expected] of [
      [longestEvent, [good, good]],
      [longestEvent + 1, []],
      [longestEvent * 2 - 1, []],
    ] as const) {
      await writeFile(path, `${" ".repeat(before)}\n${hello.padEnd(length)}\n${hello}\n`);
      const found: InstallerEvent[] = [];
      for await (const event of installerEvents(path, () => true, new AbortController().signal)) found.push(event);
      assert.deepEqual(found, expected, `${length} bytes behind ${before}`);
    }
  }
});

test("no more than so many bytes of events are read", async (context) => {
  const path = join(await scratch(context), "events");
  const hello = '{"type":"hello","job":"1"}\n';
  const filler = `${" ".repeat(longestEvent - 1)}\n`;
  const file = await open(path, "w");
  await file.write(hello);
  for (let written = 0; written < mostEventBytes; written += filler.length) await file.write(filler);
  await file.write(hello);
  await file.close();
  let found = 0;
  for await (const _ of installerEvents(path, () => true, new AbortController().signal)) found += 1;
  assert.equal(found, 1);
});
