import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { HostError } from "../../../src/domain/host-error.ts";
import type { LogPiece } from "../../../src/domain/log-entry.ts";
import { createEmbeddedDriver } from "../../../src/drivers/embedded/index.ts";
import type { RuntimeIdentity } from "../../../src/host/driver.ts";
import { openHost } from "../../../src/host/open-host.ts";
import { LogPacer } from "../../../src/host/streams/log-pacer.ts";
import { TemporaryHost } from "../../fixtures/embedded/temporary-host.ts";

const never = new AbortController().signal;
const game = "trap 'echo quitting; exit 0' TERM INT; echo up; while :; do sleep 0.02; done";

test("followers that rest are told everything up to EXITED when the instance is removed", async (t) => {
  const host = await TemporaryHost.open(t);
  const target = host.game("followed", game);
  const identity = { name: "followed", uid: target.uid };
  await host.driver.start(target, never);
  await host.line(target, "up"); // it catches signals
  const pacer = new LogPacer();
  async function* logOf(of: typeof identity): AsyncGenerator<LogPiece> {
    yield* host.driver.logs(of, { type: "history", lines: 10 }, true, never);
  }
  const follow = async () => {
    const told: string[] = [];
    for await (const piece of pacer.pace(logOf(identity), 60, never)) {
      told.push(...wordsOf(piece));
      if (told.includes("STOPPING")) removing ??= remove();
    }
    return told;
  };
  let removing: Promise<void> | undefined;
  const remove = async () => {
    await host.driver.stop(identity);
    await host.driver.remove(identity);
  };
  const following = Array.from({ length: 50 }, follow);
  host.driver.recordEvent(identity, "STOPPING", "stopping");
  for (const told of await Promise.all(following)) assert.deepEqual(told.slice(-3), ["STOPPING", "quitting", "EXITED"]);
  await removing;
});

test("a follower that takes longer for the rest, but goes on, is told all of it", async (t) => {
  const host = await TemporaryHost.open(t);
  const count = 8000;
  const target = host.game("followed", `i=0; while [ $i -lt ${count} ]; do echo $i; i=$((i + 1)); done; echo up; exec sleep 1000`);
  await host.start(target);
  await host.line(target, "up");
  const told: string[] = [];
  let removing: Promise<void> | undefined;
  for await (const piece of host.driver.logs(target, { type: "history", lines: 1e9 }, true, never)) {
    told.push(...wordsOf(piece));
    removing ??= host.driver.stop(target).then(() => host.driver.remove(target));
    await sleep(60); // some 30 times
  }
  assert.deepEqual([told.length, told.at(-1)], [1 + count + 1 + 1, "EXITED"]);
  await removing;
});

test("who asks for the log of a removed instance is told nothing, and makes nothing of it again; a start does", async (t) => {
  const host = await TemporaryHost.open(t);
  const target = host.game("removed", game);
  await host.start(target);
  await host.driver.stop(target);
  // Also while it is being removed.
  const removing = host.driver.remove(target);
  const early = Array.from({ length: 20 }, async (_, turns) => {
    for (let turn = 0; turn < turns; turn += 1) await undefined;
    await told(host, target);
  });
  await removing;
  await Promise.all(early);
  assert.deepEqual(await told(host, target), []);
  host.driver.recordEvent(target, "READY", "late");
  assert.deepEqual(readdirSync(join(host.root, "embedded")), []);
  await host.start(target);
  await host.line(target, "up");
});

test("a stream that comes between the removal of the log and of the record ends as that of an instance that is not there", async (t) => {
  const root = mkdtempSync(join(process.env["LEFT4ME_TEST_BASE"] ?? "/var/tmp", "l4m-deleted-"));
  const driver = await createEmbeddedDriver({ root });
  const host = await openHost({ root, driver, version: "test", heartbeatSeconds: 1 });
  t.after(async () => {
    await host.close();
    rmSync(root, { recursive: true, force: true });
  });
  const caller = { identity: "test", signal: never };
  await host.initialize({ name: "a", spec: { port: 27_046 }, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
  const remove = driver.remove.bind(driver);
  let following: Promise<unknown> | undefined;
  driver.remove = async (identity) => {
    await remove(identity);
    const abort = AbortSignal.timeout(10_000);
    following = follow(abort).then(
      () => undefined,
      (error: unknown) => error,
    );
    await begun.promise;
    await sleep(100); // it has asked the driver
  };
  const begun = Promise.withResolvers<void>();
  const follow = async (until: AbortSignal) => {
    for await (const event of host.logs({ name: "a", follow: true }, until)) if (event.type === "hello") begun.resolve();
  };
  await host.delete({ name: "a", etag: "" }, caller);
  const outcome = await following;
  assert.ok(outcome instanceof HostError && outcome.reason === "INSTANCE_NOT_FOUND", String(outcome));
  assert.deepEqual(readdirSync(join(root, "embedded")), []);
});

/** All that a follower is told until the log ends. */
async function told(host: TemporaryHost, identity: RuntimeIdentity): Promise<string[]> {
  const words: string[] = [];
  const signal = AbortSignal.timeout(10_000);
  for await (const piece of host.driver.logs(identity, { type: "history", lines: 10 }, true, signal)) words.push(...wordsOf(piece));
  assert.equal(signal.aborted, false, "the log goes on");
  return words;
}

function wordsOf(piece: LogPiece | "heartbeat"): string[] {
  return piece === "heartbeat" || piece.type === "gap" ? [] : piece.entries.map(({ event, message }) => event ?? message);
}
