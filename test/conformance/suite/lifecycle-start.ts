import assert from "node:assert/strict";
import { DesiredState, InstanceState, Readiness } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { WaitFor } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { LifecycleEvent } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { queryServerName } from "../fixtures/a2s-info.ts";
import { knownFailure } from "../fixtures/known-exit.ts";
import { refusal, refusalOf } from "../fixtures/refusal.ts";
import { script } from "../fixtures/test-context.ts";
import { eventually } from "../fixtures/within.ts";
import { local, slow } from "../runner/needs.ts";
import { area } from "../runner/test-case.ts";

export const lifecycleStart = area("lifecycle", (test) => {
  test("start-runs", "Makes RUNNING the desired state and starts the game over the newest generation and the active build.", async (t) => {
    const game = await t.game();
    const { instance, changed } = await game.start();
    const { status, desiredState } = instance;
    assert.ok(changed);
    assert.equal(desiredState, DesiredState.RUNNING);
    assert.deepEqual([status.state, status.readiness], [InstanceState.RUNNING, Readiness.READY]);
    assert.deepEqual([status.activeState, status.result], ["active", "success"], "in the words of systemd");
    assert.match(status.invocationId, /^[0-9a-f]{32}$/);
    assert.ok(status.mainPid > 0);
    assert.deepEqual([status.buildId, status.nextBuildId], [t.world.build?.id, t.world.build?.id]);
    assert.deepEqual([status.generation, status.nextGeneration], [1n, 1n]);
    assert.deepEqual([status.pendingRestart, status.restarts], [false, 0]);
  });

  test(
    "start-takes-the-newest-generation",
    "Makes RUNNING the desired state and starts the game over the newest generation and the active build.",
    async (t) => {
      const game = await t.game({ config: script(["echo old"]) });
      await game.initialize({ config: script(["echo new"]) });
      await game.start();
      assert.deepEqual((await game.printed()).order("old", "new"), ["new"]);
      const { generation, nextGeneration } = await game.status();
      assert.equal(generation, nextGeneration);
    },
  );

  test(
    "ready-means-that-the-port-serves",
    "The game's own processes hold its port, or a query is answered.",
    async (t) => {
      // The delay makes the difference between "runs" and "serves" visible.
      const game = await t.game({ config: ["sim_boot_delay 0.5", 'hostname "cf ready"'] });
      await game.start();
      assert.equal(await queryServerName(Number(game.spec.port)), "cf ready");
    },
    { needs: [local] },
  );

  test("active-does-not-wait-for-the-port", "The game's program has been executed and its main process runs.", async (t) => {
    const game = await t.game({ config: ["sim_no_port 1"] });
    const { instance } = await game.start(WaitFor.ACTIVE);
    assert.deepEqual([instance.status.state, instance.status.readiness], [InstanceState.RUNNING, Readiness.NOT_READY]);
    assert.ok(instance.status.mainPid > 0);
  });

  test("readiness-is-told-when-it-comes", "Whether a running game serves players.", async (t) => {
    const game = await t.running({ config: ["sim_boot_delay 0.5"] }, {}, WaitFor.ACTIVE);
    await game.until("readiness", ({ readiness }) => readiness === Readiness.READY);
  });

  test(
    "start-on-running-changes-nothing",
    "Idempotent: on a running instance it answers `changed = false` (after waiting for `wait_for`).",
    async (t) => {
      const game = await t.running();
      const before = await game.status();
      const { changed, instance } = await game.start();
      assert.equal(changed, false);
      assert.deepEqual([instance.status.invocationId, instance.status.mainPid], [before.invocationId, before.mainPid]);
    },
  );

  test(
    "start-on-running-waits-for-ready",
    "Idempotent: on a running instance it answers `changed = false` (after waiting for `wait_for`).",
    async (t) => {
      const game = await t.running({ config: ["sim_boot_delay 0.7"] }, {}, WaitFor.ACTIVE);
      const { changed, instance } = await game.start(WaitFor.READY);
      assert.equal(changed, false);
      assert.equal(instance.status.readiness, Readiness.READY);
    },
  );

  test("wait-for-defaults-to-ready", "What to wait for. READY when unset.", async (t) => {
    const game = await t.game({ config: ["sim_boot_delay 0.5"] });
    const { instance } = await game.start(WaitFor.UNSPECIFIED);
    assert.equal(instance.status.readiness, Readiness.READY);
  });

  test("start-of-a-missing-instance", "an instance that does not exist is NOT_FOUND / INSTANCE_NOT_FOUND", async (t) => {
    const name = t.name();
    await refusal(t.api.instances.startInstance({ name }), "INSTANCE_NOT_FOUND", { name });
  });

  test("failed-start-tells-exit-and-last-lines", "INTERNAL / START_FAILED with a StartFailure detail", async (t) => {
    const game = await t.game({ config: ["echo cf last words", "sim_exit_before_boot 3"] });
    const { startFailure, info } = await knownFailure(t, () => game.start());
    assert.equal(info.metadata["name"], game.name);
    assert.match(info.metadata["exit"] ?? "", /3/);
    assert.equal(startFailure?.exit?.code, 3);
    assert.equal(startFailure?.exit?.signal, undefined);
    assert.equal(startFailure?.exit?.intended, false);
    assert.ok(startFailure?.exit?.lastLines.includes("cf last words"), JSON.stringify(startFailure?.exit?.lastLines));
    assert.notEqual(startFailure?.step, "", "where the start had got to");
    await game.stop();
  });

  test("failed-start-tells-the-signal", "The signal that ended the process, e.g. `SIGSEGV`.", async (t) => {
    const game = await t.game({ config: ["crash"] });
    const { startFailure, info } = await knownFailure(t, () => game.start());
    assert.match(info.metadata["exit"] ?? "", /SEGV/);
    assert.deepEqual([startFailure?.exit?.signal, startFailure?.exit?.code], ["SIGSEGV", undefined]);
    await game.stop();
  });

  test("failed-start-by-a-clean-exit", "The game ended before it was what the caller waited for.", async (t) => {
    const game = await t.game({ config: ["quit"] });
    const quit = async () => {
      await game.stop(); // after an end that was not known the game is started once more
      return game.start();
    };
    const { startFailure } = await knownFailure(t, quit);
    assert.equal(startFailure?.exit?.code, 0);
  });

  test("failed-start-keeps-the-wish", "The desired state stays RUNNING when the start fails.", async (t) => {
    const game = await t.game({ config: ["sim_exit_before_boot 1"] });
    await refusal(game.start(), "START_FAILED");
    assert.equal((await game.get()).desiredState, DesiredState.RUNNING);
    const { instance, changed } = await game.stop();
    assert.ok(changed);
    assert.equal(instance.desiredState, DesiredState.STOPPED);
  });

  test("start-after-a-failed-start", "Legal in every state; after a crash loop it starts afresh.", async (t) => {
    const game = await t.game({ config: ["sim_exit_before_boot 1"] });
    await refusal(game.start(), "START_FAILED");
    await game.initialize({ config: [] });
    // An automatic restart of what failed may be under way; a start then finds it running, and ends with it.
    const attempt = () => game.start().catch((error: unknown) => void refusalOf(error, "START_FAILED"));
    const { instance } = await eventually("the start", async () => (await attempt()) ?? undefined);
    assert.equal(instance.status.readiness, Readiness.READY);
  });

  test(
    "restart-applies-the-newest",
    "Stops the game if it runs, undoes the mount, and starts it: that applies the newest specification and build.",
    async (t) => {
      const game = await t.running({ config: script(["echo old"]) });
      const before = await game.status();
      await game.initialize({ config: script(["echo new"]) });
      const { instance } = await game.restart();
      assert.match(instance.status.invocationId, /^[0-9a-f]{32}$/);
      assert.notEqual(instance.status.invocationId, before.invocationId);
      assert.deepEqual(
        [instance.status.state, instance.status.readiness, instance.status.pendingRestart],
        [InstanceState.RUNNING, Readiness.READY, false],
      );
      assert.deepEqual((await game.printed()).order("old", "new"), ["new"]);
      assert.equal(instance.status.lastExit?.invocationId, before.invocationId);
      assert.equal(instance.status.lastExit?.intended, true);
    },
  );

  test("restart-of-a-stopped-instance", "Legal in every state; makes RUNNING the desired state.", async (t) => {
    const game = await t.game();
    const { instance } = await game.restart();
    assert.deepEqual([instance.desiredState, instance.status.readiness], [DesiredState.RUNNING, Readiness.READY]);
  });

  test("every-restart-restarts-once", "Not idempotent: every call that does not attach restarts once.", async (t) => {
    const game = await t.running();
    const ids = [(await game.status()).invocationId];
    for (let i = 0; i < 2; i++) ids.push((await game.restart()).instance.status.invocationId);
    assert.equal(new Set(ids).size, 3);
    const { entries } = await game.log();
    assert.deepEqual(
      entries.filter(({ event }) => event === LifecycleEvent.STARTED).map(({ invocationId }) => invocationId),
      ids,
    );
  });

  test("restart-into-a-failing-specification", "Raises what StopInstance and StartInstance raise.", async (t) => {
    const game = await t.running();
    await game.initialize({ config: ["sim_exit_before_boot 4"] });
    const { startFailure } = await knownFailure(t, () => game.restart());
    assert.equal(startFailure?.exit?.code, 4);
    assert.equal((await game.get()).desiredState, DesiredState.RUNNING);
    await game.stop();
  });

  test(
    "not-ready-in-time",
    "DEADLINE_EXCEEDED / NOT_READY when the game runs but is not ready within two minutes (it goes on)",
    async (t) => {
      const game = await t.game({ config: ["sim_no_port 1"] });
      await refusal(game.start(), "NOT_READY", { name: game.name, seconds: "120" });
      assert.equal((await game.status()).state, InstanceState.RUNNING);
    },
    { lane: "patient", limitSeconds: 180, needs: [slow] },
  );
});
