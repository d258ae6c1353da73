import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { writtenFiles } from "../../../src/drivers/embedded/upper/written-files.ts";
import { eventuallyAsync, TemporaryHost } from "../../fixtures/embedded/temporary-host.ts";
import { scratch } from "../host/unpack/scratch.ts";

const { signal } = new AbortController();
const isRoot = process.getuid?.() === 0 && "root reads everything";

describe("what a game wrote", () => {
  test("is told while it runs and afterwards, and nothing after a reset", async (t) => {
    const host = await TemporaryHost.open(t);
    const layer = host.layer({ a: "lower\n", b: "lower\n", "d/c": "lower\n" });
    const script = "printf 12345 >new; mkdir e; ln -s /etc e/link; echo more >>a; rm b; rm -r d; mkfifo pipe; exec sleep 1000";
    const target = host.game("alpha", script, { layers: [layer] });
    const identity = { name: "alpha", uid: target.uid };
    assert.deepEqual(await host.driver.written?.(identity, signal), { files: [], truncated: false }, "nothing ran yet");
    await host.start(target);
    const expected = ["a 11", "b deleted", "d deleted", "e/link 4", "new 5", "pipe 0"];
    const told = async () => {
      const written = await host.driver.written?.(identity, signal);
      return written?.files.map(({ path, deleted, sizeBytes }) => `${path} ${deleted ? "deleted" : sizeBytes}`);
    };
    await eventuallyAsync(async () => (await told())?.includes("pipe 0") === true, 60_000, "the game does not write");
    assert.deepEqual(await told(), expected);
    const times = (await host.driver.written?.(identity, signal))?.files.map(
      ({ deleted, changeTime }) => deleted === (changeTime === undefined),
    );
    assert.ok(times?.every(Boolean), "whatever is there has a time");
    await host.driver.stop(identity);
    assert.deepEqual(await told(), expected);
    assert.equal(await host.driver.written?.({ name: "alpha", uid: "another" }, signal), undefined, "of a namesake nothing is told");
    await host.driver.reset(identity);
    assert.deepEqual(await told(), []);
  });

  test("is told up to 1000 files, the first by path", async (t) => {
    const upper = await scratch(t);
    mkdirSync(join(upper, "d"));
    for (let n = 0; n < 1001; n += 1) writeFileSync(join(upper, "d", String(n).padStart(4, "0")), "");
    const written = await writtenFiles(upper, signal);
    assert.deepEqual([written?.files.length, written?.truncated], [1000, true]);
    assert.deepEqual([written?.files[0]?.path, written?.files.at(-1)?.path], ["d/0000", "d/0999"]);
  });

  test("is told up to 512 KiB of paths, which a game may make as long as it likes", async (t) => {
    const upper = await scratch(t);
    const deep = Array.from({ length: 14 }, () => "d".repeat(250)).join("/");
    mkdirSync(join(upper, deep), { recursive: true });
    for (let n = 0; n < 200; n += 1) writeFileSync(join(upper, deep, String(n).padStart(3, "0")), "");
    const written = await writtenFiles(upper, signal);
    assert.deepEqual([written?.files.length, written?.truncated], [Math.floor((512 * 1024) / (deep.length + 4)), true]);
  });

  // test/long/ordinary-user.test.ts runs it as one.
  test("is unknown where nothing may be read, and more than is told where something may not", { skip: isRoot }, async (t) => {
    const upper = await scratch(t);
    mkdirSync(join(upper, "closed"));
    mkdirSync(join(upper, "listed"));
    writeFileSync(join(upper, "listed/f"), "");
    const truncated = async () => (await writtenFiles(upper, signal))?.truncated;
    assert.equal(await truncated(), false);
    for (const [path, mode] of [
      ["closed", 0o000],
      ["listed", 0o444],
    ] as const) {
      chmodSync(join(upper, path), mode);
      assert.equal(await truncated(), true, path);
      chmodSync(join(upper, path), 0o755);
    }
    chmodSync(upper, 0);
    assert.equal(await writtenFiles(upper, signal), undefined);
    chmodSync(upper, 0o700);
  });
});
