import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogPiece } from "../../../src/domain/log-entry.ts";
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

function wordsOf(piece: LogPiece | "heartbeat"): string[] {
  return piece === "heartbeat" || piece.type === "gap" ? [] : piece.entries.map(({ event, message }) => event ?? message);
}
