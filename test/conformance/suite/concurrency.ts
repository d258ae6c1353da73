import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { DesiredState, InstanceState, Readiness, Verb } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { WaitFor } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { LifecycleEvent } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import type { Game } from "../fixtures/game.ts";
import { failsWith, refusal } from "../fixtures/refusal.ts";
import { stoppingSlowly } from "../fixtures/stopping-slowly.ts";
import { held } from "../fixtures/within.ts";
import { area } from "../runner/test-case.ts";

/** One complete life cycle, each answer checked. */
async function liveAndDie(game: Game): Promise<void> {
  const born = await game.initialize();
  assert.ok(born.created && born.changed);
  const started = await game.start();
  assert.ok(started.changed);
  assert.equal(started.instance.status.readiness, Readiness.READY);
  assert.equal((await game.start()).changed, false);
  assert.equal((await game.get()).status.invocationId, started.instance.status.invocationId);
  const restarted = await game.restart();
  assert.notEqual(restarted.instance.status.invocationId, started.instance.status.invocationId);
  assert.equal(restarted.instance.uid, born.instance.uid);
  const stopped = await game.stop();
  assert.deepEqual([stopped.changed, stopped.instance.status.state], [true, InstanceState.STOPPED]);
  assert.equal((await game.stop()).changed, false);
  assert.equal((await game.reset()).changed, true);
  assert.equal((await game.delete()).changed, true);
  assert.equal((await game.delete()).changed, false);
  await refusal(game.get(), "INSTANCE_NOT_FOUND");
}

export const concurrency = area("concurrency", (test) => {
  test("sixteen-life-cycles-at-once", "One mutation an instance at a time.", async (t) => {
    const games = await Promise.all(Array.from({ length: 16 }, () => t.unborn()));
    await Promise.all(games.map(liveAndDie));
  });

  test("answers-are-never-older-than-before", "a later read on the same host never shows an older state.", async (t) => {
    const game = await t.game();
    const reader = t.connect();
    const check = async (answer: { instance: { revision: bigint; desiredState: DesiredState } }) => {
      const { instance } = await reader.instances.getInstance({ name: game.name });
      assert.ok((instance?.revision ?? 0n) >= answer.instance.revision);
      assert.equal(instance?.desiredState, answer.instance.desiredState);
    };
    for (let round = 0; round < 2; round++) {
      await check(await game.initialize({ config: [`echo ${round}`] }));
      await check(await game.start());
      await check(await game.restart());
      await check(await game.stop());
      await check(await game.reset());
    }
  });

  test(
    "revision-grows",
    "Grows with every change of the instance, its status included (but for `status.usage`), and never falls",
    async (t) => {
      const game = await t.game();
      const revisions = [(await game.get()).revision];
      revisions.push((await game.start()).instance.revision);
      revisions.push((await game.initialize({ config: ["echo x"] })).instance.revision);
      revisions.push((await game.restart()).instance.revision);
      revisions.push((await game.stop()).instance.revision);
      for (const [index, revision] of revisions.entries())
        assert.ok(index === 0 || revision > (revisions[index - 1] ?? 0n), revisions.join(" "));
    },
  );

  test(
    "two-starts-attach",
    "A call whose verb, instance uid and request (apart from `wait_for` and `etag`) equal those of the operation under way attaches to it and gets its answer",
    async (t) => {
      const game = await t.game({ config: ["sim_boot_delay 0.5"] });
      const { etag } = await game.get();
      const answers = await Promise.all([game.start(WaitFor.READY), game.start(WaitFor.ACTIVE), game.start(WaitFor.READY, { etag })]);
      assert.equal(new Set(answers.map(({ instance }) => instance.status.invocationId)).size, 1);
      assert.ok(answers.some(({ changed }) => changed));
      const { entries } = await game.log();
      assert.equal(entries.filter(({ event }) => event === LifecycleEvent.STARTED).length, 1);
    },
  );

  test(
    "two-restarts-attach",
    "A call whose verb, instance uid and request (apart from `wait_for` and `etag`) equal those of the operation under way attaches to it and gets its answer",
    async (t) => {
      const game = await t.running();
      const answers = await Promise.all([game.restart(), game.restart()]);
      assert.equal(new Set(answers.map(({ instance }) => instance.status.invocationId)).size, 1);
      const { entries } = await game.log();
      assert.equal(entries.filter(({ event }) => event === LifecycleEvent.STARTED).length, 2);
    },
  );

  test("waiting-for-readiness-holds-nothing", "Waiting for readiness does not hold the instance.", async (t) => {
    const game = await t.game({ config: ["sim_boot_delay 1"] });
    const starting = held(game.start());
    await game.until("the game", ({ state, operation }) => state === InstanceState.RUNNING && operation === undefined);
    await game.initialize({ config: ["echo meanwhile"] });
    assert.equal((await starting).instance.status.readiness, Readiness.READY);
  });

  test(
    "deadline-ends-only-the-waiting",
    "A deadline that passes, or a client that leaves, ends the waiting and nothing else. The operation goes on.",
    async (t) => {
      const game = await t.game({ config: ["sim_boot_delay 1"] });
      await failsWith(game.start(WaitFor.READY, {}, { timeoutMs: 300 }), Code.DeadlineExceeded);
      await game.until("readiness all the same", ({ readiness }) => readiness === Readiness.READY);
    },
  );

  test(
    "cancelling-ends-only-the-waiting",
    "A deadline that passes, or a client that leaves, ends the waiting and nothing else. The operation goes on.",
    async (t) => {
      const game = await t.game({ config: ["sim_boot_delay 1"] });
      const abort = new AbortController();
      const starting = failsWith(game.start(WaitFor.READY, {}, { signal: abort.signal }), Code.Canceled);
      await game.until("the game", ({ state }) => state === InstanceState.RUNNING);
      abort.abort();
      await starting;
      await game.until("readiness all the same", ({ readiness }) => readiness === Readiness.READY);
    },
  );

  test(
    "a-lost-connection-ends-only-the-waiting",
    "A deadline that passes, or a client that leaves, ends the waiting and nothing else. The operation goes on.",
    async (t) => {
      const game = await t.game();
      const leaving = t.connect();
      const starting = leaving.instances.startInstance({ name: game.name }).catch(() => undefined);
      await game.until("the wish", (_, { desiredState }) => desiredState === DesiredState.RUNNING);
      leaving.close();
      await starting;
      await game.until("readiness all the same", ({ readiness }) => readiness === Readiness.READY);
    },
  );

  test("one-creation-of-many", "Whether the instance did not exist before.", async (t) => {
    const game = await t.unborn();
    const attempts = await Promise.allSettled(Array.from({ length: 12 }, () => game.initialize()));
    const answers = attempts.filter((attempt) => attempt.status === "fulfilled").map(({ value }) => value);
    assert.equal(answers.filter(({ created }) => created).length, 1);
    assert.equal(new Set(answers.map(({ instance }) => instance.uid)).size, 1);
    for (const attempt of attempts)
      if (attempt.status === "rejected") await refusal(Promise.reject(attempt.reason), "BUSY", { verb: "INITIALIZE" });
  });

  test(
    "etag-is-checked-by-every-mutation",
    "When set, the call fails with ABORTED / ETAG_MISMATCH unless the instance has this etag.",
    async (t) => {
      const game = await t.running();
      const { etag: old } = await game.get();
      await game.initialize({ config: ["echo changed"] });
      const { etag, status } = await game.get();
      const mismatch = { name: game.name, expected: old, found: etag };
      await refusal(game.initialize({ config: [] }, { etag: old }), "ETAG_MISMATCH", mismatch);
      await refusal(game.start(WaitFor.READY, { etag: old }), "ETAG_MISMATCH", mismatch);
      await refusal(game.stop({ etag: old }), "ETAG_MISMATCH", mismatch);
      await refusal(game.restart(WaitFor.READY, { etag: old }), "ETAG_MISMATCH", mismatch);
      await refusal(game.reset({ etag: old }), "ETAG_MISMATCH", mismatch);
      await refusal(game.delete({ etag: old }), "ETAG_MISMATCH", mismatch);
      const after = await game.get();
      assert.deepEqual(
        [after.etag, after.status.invocationId, after.status.state],
        [etag, status.invocationId, InstanceState.RUNNING],
        "nothing happened",
      );
    },
  );

  test("the-right-etag-is-accepted", "Sent back in a mutation of the instance it makes the call conditional.", async (t) => {
    const game = await t.game();
    const { etag } = await game.get();
    await game.start(WaitFor.READY, { etag });
    await game.restart(WaitFor.READY, { etag });
    await game.stop({ etag });
    await game.reset({ etag });
    await game.initialize({}, { etag });
    assert.equal((await game.delete({ etag })).changed, true);
  });

  test(
    "busy-names-its-holder",
    "Everything else gets ABORTED / BUSY, whose metadata name the caller that holds the instance, its verb and the time since it holds.",
    async (t) => {
      const { game, stopping, operation } = await stoppingSlowly(await t.running({ config: ["sim_ignore_sigint 1"] }));
      assert.equal(operation?.verb, Verb.STOP);
      assert.ok(operation.id !== "" && operation.caller !== "" && operation.startTime !== undefined);
      const holder = {
        name: game.name,
        verb: "STOP",
        caller: operation.caller,
        since: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
      };
      await refusal(game.initialize({ config: [] }), "BUSY", holder);
      await refusal(game.restart(), "BUSY", holder);
      await refusal(game.reset(), "BUSY", holder);
      await refusal(game.delete(), "BUSY", holder);
      await stopping;
      assert.equal((await game.status()).operation, undefined);
    },
    { lane: "patient" },
  );

  test(
    "start-queues-behind-a-stop",
    "StartInstance during a stop queues behind it.",
    async (t) => {
      const { game, stopping } = await stoppingSlowly(await t.running({ config: ["sim_ignore_sigint 1"] }));
      const before = await game.status();
      const starts = [held(game.start()), held(game.start())];
      assert.equal((await stopping).instance.status.lastExit?.invocationId, before.invocationId);
      const answers = await Promise.all(starts);
      assert.equal(new Set(answers.map(({ instance }) => instance.status.invocationId)).size, 1, "the second attaches to the first");
      const [answer] = answers;
      assert.ok(answer?.changed);
      assert.notEqual(answer.instance.status.invocationId, before.invocationId);
      assert.deepEqual([answer.instance.desiredState, answer.instance.status.readiness], [DesiredState.RUNNING, Readiness.READY]);
    },
    { lane: "patient" },
  );

  test(
    "two-stops-attach",
    "A call whose verb, instance uid and request (apart from `wait_for` and `etag`) equal those of the operation under way attaches to it and gets its answer",
    async (t) => {
      const { game, stopping } = await stoppingSlowly(await t.running({ config: ["sim_ignore_sigint 1"] }));
      const [first, second] = await Promise.all([stopping, game.stop()]);
      assert.deepEqual([first.changed, second.changed], [true, true]);
      assert.equal(second.instance.status.state, InstanceState.STOPPED);
    },
    { lane: "patient" },
  );
});
