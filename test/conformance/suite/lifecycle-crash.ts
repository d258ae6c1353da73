import assert from "node:assert/strict";
import { DesiredState, Drift, InstanceState, Readiness } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { LifecycleEvent, type LogEntry } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { isKnown, knownExit } from "../fixtures/known-exit.ts";
import { following } from "../fixtures/log-entries.ts";
import { refusal } from "../fixtures/refusal.ts";
import { ownFilter, watching } from "../fixtures/watching-own.ts";
import { sleep } from "../fixtures/within.ts";
import { area } from "../runner/test-case.ts";

/** A game that ends by itself in its first run: what it writes then keeps the next one, after the automatic restart, running. */
const endingOnce = ["sim_exit_after 0.5", "sim_exit_code 1", "exec cf_again", "sim_write left4dead2/cfg/cf_again.cfg sim_exit_after -1"];

/** The invocations that a log tells of, oldest first. */
function startedRuns(entries: readonly LogEntry[]): string[] {
  return entries.filter(({ event }) => event === LifecycleEvent.STARTED).map(({ invocationId }) => invocationId);
}

export const lifecycleCrash = area("lifecycle", (test) => {
  test("crash-is-told-with-its-signal", "How the last ended invocation ended.", async (t) => {
    const game = await t.game({ config: ["echo cf last words", "sim_crash_after 0.2"] });
    await game.startEnding();
    const { status } = await game.until("the crash", ({ lastExit }) => isKnown(t, lastExit), 50);
    const exit = status.lastExit;
    assert.deepEqual([exit?.signal, exit?.code, exit?.intended], ["SIGSEGV", undefined, false]);
    assert.match(exit?.result ?? "", /^(signal|core-dump)$/);
    assert.ok(exit?.exitTime !== undefined);
    assert.ok(startedRuns((await game.log()).entries).includes(exit.invocationId), "of a run that was started");
    await game.stop();
  });

  test(
    "crash-keeps-the-last-lines",
    "The last lines that the invocation wrote, oldest first, at most 20 and 2 KiB together.",
    async (t) => {
      const game = await t.game({ config: ["sim_flood 100 40", "sim_crash_after 0.2"] });
      await game.startEnding();
      const { status } = await game.until("the last lines", ({ lastExit }) => (lastExit?.lastLines.length ?? 0) > 0);
      const lines = status.lastExit?.lastLines ?? [];
      assert.ok(lines.length <= 20 && Buffer.byteLength(lines.join("\n")) <= 2048, `${lines.length} lines`);
      const { entries } = await game.log({ start: { case: "invocationId", value: status.lastExit?.invocationId ?? "" } });
      const printed = entries.filter(({ event }) => event === LifecycleEvent.NONE).map(({ message }) => message);
      assert.deepEqual(lines, printed.slice(-lines.length));
      await game.stop();
    },
  );

  test("exit-code-is-told", "The exit code, 0 to 255.", async (t) => {
    const game = await t.game({ config: ["sim_exit_after 0.2", "sim_exit_code 42"] });
    await game.startEnding();
    const { status } = await game.until("the exit", ({ lastExit }) => isKnown(t, lastExit), 50);
    assert.deepEqual([status.lastExit?.code, status.lastExit?.signal, status.lastExit?.result], [42, undefined, "exit-code"]);
    await game.stop();
  });

  test("clean-quit-is-obeyed", "Ended cleanly although RUNNING is desired: stopped by hand, or the game quit by itself.", async (t) => {
    const { labels, filter } = ownFilter(t);
    const game = await t.game({ config: ["sim_exit_after 0.3"] }, labels);
    const watch = watching(t, { filter });
    const quit = async () => {
      await game.stop(); // after an end that was not known the game is started once more
      const invocationId = await game.startEnding();
      const { instance } = await watch.change("the quit", (change) => change.instance?.status?.lastExit?.invocationId === invocationId);
      return instance?.status?.lastExit;
    };
    const exit = await knownExit(t, quit);
    assert.deepEqual([exit?.code, exit?.intended], [0, false]);
    await game.until("the end", ({ state }) => state === InstanceState.STOPPED);
    await sleep(1.5); // a restart would have come by now
    const { status, desiredState } = await game.get();
    assert.deepEqual([status.state, status.drift, status.restarts], [InstanceState.STOPPED, Drift.STOPPED_OUTSIDE, 0]);
    assert.equal(desiredState, DesiredState.RUNNING);
    assert.equal(status.lastExit?.invocationId, exit?.invocationId);
    await game.initialize({ config: [] });
    const { changed, instance } = await game.start();
    assert.ok(changed);
    assert.equal(instance.status.drift, Drift.NONE);
  });

  test("automatic-restart-counts", "Automatic restarts since the last StartInstance or RestartInstance.", async (t) => {
    const game = await t.game({ config: endingOnce });
    const first = await game.startEnding();
    const { status } = await game.until("a restart", ({ restarts, state }) => restarts >= 1 && state === InstanceState.RUNNING);
    assert.equal(status.restarts, 1);
    assert.equal(status.lastExit?.invocationId, first);
    const log = following(t, game);
    await log.event(LifecycleEvent.STARTED, 2);
    assert.deepEqual(startedRuns(log.entries), [first, status.invocationId]);
    assert.ok(
      log.entries.some(({ event, message }) => event === LifecycleEvent.RESTARTING && message !== ""),
      "the log says that a restart follows",
    );
    await game.initialize({ config: [] });
    const { instance } = await game.restart();
    assert.equal(instance.status.restarts, 0);
  });

  test("automatic-restart-keeps-its-generation", "The generation of the configuration that the current mount pins.", async (t) => {
    const game = await t.game({ config: endingOnce });
    const { nextGeneration: generation } = await game.status();
    await game.startEnding();
    await game.initialize({ config: ["echo newer"] });
    const { status } = await game.until("a restart", ({ restarts, state }) => restarts >= 1 && state === InstanceState.RUNNING);
    assert.equal(status.generation, generation);
    assert.equal(status.pendingRestart, true);
    const { entries } = await game.log();
    assert.ok(!entries.some(({ message }) => message === "newer"));
    const { instance } = await game.restart();
    assert.deepEqual([instance.status.pendingRestart, instance.status.generation > generation], [false, true]);
  });

  test("waiting-for-a-restart-is-starting", "The game is being started, or waits for an automatic restart.", async (t) => {
    const game = await t.game({ config: ["sim_exit_after 0.2", "sim_exit_code 1"] });
    await game.startEnding();
    const { status } = await game.until("the waiting", ({ subState }) => subState === "auto-restart");
    assert.equal(status.state, InstanceState.STARTING);
    await game.stop();
  });

  test("last-exit-stays", "Kept until the next one ends; unset before the first end.", async (t) => {
    // A quit: no automatic restart comes between, whose end would be the last one.
    const game = await t.game({ config: ["sim_exit_after 0.2"] });
    await game.startEnding();
    const { status } = await game.until("the exit", ({ state, lastExit }) => state === InstanceState.STOPPED && lastExit !== undefined);
    await game.initialize({ config: [] });
    const { instance } = await game.restart();
    assert.equal(instance.status.readiness, Readiness.READY);
    assert.equal(instance.status.lastExit?.invocationId, status.lastExit?.invocationId);
    assert.equal(instance.status.lastExit?.code, status.lastExit?.code);
  });

  test(
    "restart-to-a-game-that-fails",
    "Whether the end was asked for: by StopInstance, RestartInstance, ResetInstance or DeleteInstance.",
    async (t) => {
      const game = await t.running();
      const before = (await game.status()).invocationId;
      await game.initialize({ config: ["sim_exit_before_boot 2"] });
      await refusal(game.restart(), "START_FAILED");
      const { lastExit } = await game.status();
      assert.notEqual(lastExit?.invocationId, before, "it is the end of the game that was started");
      assert.equal(lastExit?.intended, false, "the one that was asked to end is the one before");
      await game.stop();
    },
    { lane: "patient" },
  );

  test(
    "start-meets-an-automatic-restart",
    "Legal in every state; after a crash loop it starts afresh.",
    async (t) => {
      const game = await t.game({ config: ["sim_exit_before_boot 1"] });
      for (let round = 0; round < 8; round++) {
        // The game has failed and the host waits a second before it starts it again. The call comes just before, at, or after.
        await refusal(game.start(), "START_FAILED");
        await sleep(0.85 + round * 0.04);
      }
      await game.stop();
    },
    { lane: "patient" },
  );

  test(
    "crash-loop-ends-failed",
    "The game ended badly (`result` is not `success`) and no restart follows.",
    async (t) => {
      const game = await t.game({ config: ["sim_exit_before_boot 2"] });
      await refusal(game.start(), "START_FAILED");
      const { status, desiredState } = await game.until("FAILED", ({ state }) => state === InstanceState.FAILED, 100);
      assert.equal(desiredState, DesiredState.RUNNING);
      assert.deepEqual([status.activeState, status.result], ["failed", "start-limit-hit"]);
      assert.ok(status.lastExit !== undefined);
      if (isKnown(t, status.lastExit)) assert.equal(status.lastExit.code, 2);
      assert.ok(status.restarts >= 1);
      assert.deepEqual([status.mainPid, status.generation, status.drift], [0, 0n, Drift.NONE]);
      const { entries } = await game.log();
      assert.ok(
        entries.some(({ event }) => event === LifecycleEvent.GAVE_UP),
        "the log says that no restart follows",
      );
    },
    { lane: "patient", limitSeconds: 120 },
  );

  test(
    "start-after-a-crash-loop",
    "Legal in every state; after a crash loop it starts afresh.",
    async (t) => {
      const game = await t.game({ config: ["sim_exit_before_boot 2"] });
      await refusal(game.start(), "START_FAILED");
      await game.until("FAILED", ({ state }) => state === InstanceState.FAILED, 100);
      await game.initialize({ config: [] });
      const { instance, changed } = await game.start();
      assert.ok(changed);
      assert.deepEqual(
        [instance.status.state, instance.status.readiness, instance.status.restarts],
        [InstanceState.RUNNING, Readiness.READY, 0],
      );
    },
    { lane: "patient", limitSeconds: 120 },
  );

  test(
    "stop-after-a-crash-loop",
    "Legal in every state; supersedes a start or a restart under way.",
    async (t) => {
      const game = await t.game({ config: ["sim_exit_before_boot 2"] });
      await refusal(game.start(), "START_FAILED");
      await game.until("FAILED", ({ state }) => state === InstanceState.FAILED, 100);
      const { instance, changed } = await game.stop();
      assert.ok(changed, "the desired state was RUNNING");
      assert.equal(instance.desiredState, DesiredState.STOPPED);
      assert.equal((await game.stop()).changed, false);
    },
    { lane: "patient", limitSeconds: 120 },
  );
});
