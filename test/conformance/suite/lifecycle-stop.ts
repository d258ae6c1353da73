import assert from "node:assert/strict";
import { DesiredState, Drift, InstanceState, Readiness } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { LifecycleEvent } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { isKnown, knownExit } from "../fixtures/known-exit.ts";
import { isUdpPortFree } from "../fixtures/port-pool.ts";
import { refusal } from "../fixtures/refusal.ts";
import { held, sleep } from "../fixtures/within.ts";
import { local } from "../runner/needs.ts";
import { area } from "../runner/test-case.ts";

export const lifecycleStop = area("lifecycle", (test) => {
  test("stop-leaves-nothing", "It answers when no process and no mount is left.", async (t) => {
    const game = await t.running();
    const { invocationId } = await game.status();
    const { instance, changed } = await game.stop();
    const { status } = instance;
    assert.ok(changed);
    assert.equal(instance.desiredState, DesiredState.STOPPED);
    assert.deepEqual([status.state, status.readiness, status.drift], [InstanceState.STOPPED, Readiness.NOT_APPLICABLE, Drift.NONE]);
    assert.deepEqual([status.mainPid, status.buildId, status.generation, status.pendingRestart], [0, "", 0n, false]);
    assert.equal(status.usage, undefined);
    assert.equal(status.invocationId, invocationId, "the last one when nothing runs");
  });

  test(
    "stop-frees-the-port",
    "It answers when no process and no mount is left.",
    async (t) => {
      const game = await t.running();
      assert.equal(await isUdpPortFree(Number(game.spec.port)), false);
      await game.stop();
      assert.equal(await isUdpPortFree(Number(game.spec.port)), true);
    },
    { needs: [local] },
  );

  test(
    "stop-tells-the-exit",
    "Whether the end was asked for: by StopInstance, RestartInstance, ResetInstance or DeleteInstance.",
    async (t) => {
      const game = await t.game();
      const end = async () => {
        const { invocationId } = (await game.start()).instance.status;
        const { lastExit } = (await game.stop()).instance.status;
        assert.equal(lastExit?.invocationId, invocationId);
        return lastExit;
      };
      const exit = await knownExit(t, end);
      assert.deepEqual([exit?.code, exit?.signal, exit?.intended, exit?.result], [0, undefined, true, "success"]);
      assert.ok(exit?.exitTime !== undefined);
      assert.ok(
        exit?.lastLines.some((line) => line.startsWith("Server shutting down")),
        JSON.stringify(exit?.lastLines),
      );
    },
  );

  test("stop-on-stopped-changes-nothing", "Idempotent: on a stopped instance it answers `changed = false`.", async (t) => {
    const game = await t.game();
    assert.equal((await game.stop()).changed, false, "never started");
    await game.start();
    assert.equal((await game.stop()).changed, true);
    assert.equal((await game.stop()).changed, false);
  });

  test("stop-of-a-missing-instance", "an instance that does not exist is NOT_FOUND / INSTANCE_NOT_FOUND", async (t) => {
    const name = t.name();
    await refusal(t.api.instances.stopInstance({ name }), "INSTANCE_NOT_FOUND", { name });
  });

  test(
    "stop-ends-the-waiting-for-a-restart",
    "Makes STOPPED the desired state, asks the game to end, kills it after the stop time-out, and undoes its mount.",
    async (t) => {
      const game = await t.game({ config: ["sim_exit_after 0.2", "sim_exit_code 9"] });
      await game.startEnding();
      const { status } = await game.until("the end of the game", ({ lastExit }) => isKnown(t, lastExit), 50);
      assert.equal(status.lastExit?.code, 9);
      await game.stop();
      await sleep(1.5); // longer than the first delay of a restart
      const { state, generation } = await game.status();
      assert.deepEqual([state, generation], [InstanceState.STOPPED, 0n]);
    },
  );

  test("crash-in-shutdown-is-a-stop", "No process of the game exists and nothing of the instance is mounted.", async (t) => {
    const game = await t.game({ config: ["sim_crash_on_quit 1"] });
    const end = async () => {
      await game.start();
      const { status } = (await game.stop()).instance;
      assert.equal(status.state, InstanceState.STOPPED);
      return status.lastExit;
    };
    const exit = await knownExit(t, end);
    assert.deepEqual([exit?.signal, exit?.intended], ["SIGSEGV", true]);
  });

  test(
    "stop-kills-what-does-not-end",
    "Makes STOPPED the desired state, asks the game to end, kills it after the stop time-out, and undoes its mount.",
    async (t) => {
      const game = await t.running({ config: ["sim_ignore_sigint 1"] });
      const begin = performance.now();
      const stopping = held(game.stop());
      await game.until("STOPPING", ({ state }) => state === InstanceState.STOPPING);
      const { instance } = await stopping;
      const seconds = (performance.now() - begin) / 1000;
      assert.ok(seconds > 10, `the game is asked first, and given time: ${seconds} s`);
      assert.equal(instance.status.state, InstanceState.STOPPED);
      const exit = instance.status.lastExit;
      assert.deepEqual([exit?.signal, exit?.intended, exit?.result], ["SIGKILL", true, "timeout"]);
    },
    { lane: "patient" },
  );

  test(
    "stop-leaves-no-child-behind",
    "It answers when no process and no mount is left.",
    async (t) => {
      // The child is in a session of its own, ignores the stop signals and sits in the mount.
      const { game, printed } = await t.play(["sim_holder 1", "sim_sleep 0.5"]);
      assert.ok(
        printed.lines.some((line) => /^sim_holder: pid \d+$/.test(line)),
        printed.lines.join("\n"),
      );
      const { instance } = await game.stop();
      assert.deepEqual([instance.status.state, instance.status.generation], [InstanceState.STOPPED, 0n]);
      assert.ok((await game.reset()).changed);
    },
    { lane: "patient" },
  );

  test(
    "reset-discards-what-the-game-wrote",
    "Stops the game, makes STOPPED the desired state and discards everything that the game wrote, but for the regular files that `spec.preserve` names.",
    async (t) => {
      const { game, printed } = await t.play([
        "sim_cat left4dead2/mine.txt",
        "sim_write left4dead2/mine.txt kept",
        "sim_rm left4dead2/motd.txt",
      ]);
      assert.equal(printed.answer("sim_cat left4dead2/mine.txt"), "error ENOENT");
      const { instance, changed } = await game.reset();
      assert.ok(changed);
      assert.deepEqual(
        [instance.status.state, instance.desiredState, instance.status.generation],
        [InstanceState.STOPPED, DesiredState.STOPPED, 0n],
      );
      await game.initialize({ config: ["sim_cat left4dead2/mine.txt", "sim_cat left4dead2/motd.txt", "echo cf-end-of-script"] });
      await game.start();
      const again = await game.printed();
      assert.equal(again.answer("sim_cat left4dead2/mine.txt"), "error ENOENT");
      assert.match(String(again.answer("sim_cat left4dead2/motd.txt")), /stand-in/);
    },
  );

  test("reset-keeps-the-instance", "Specification, labels, uid and logs stay.", async (t) => {
    const game = await t.running({ config: ["echo before the reset"] }, { keep: "me" });
    const before = await game.get();
    const { instance } = await game.reset();
    assert.deepEqual(
      [instance.uid, instance.etag, instance.labels, instance.spec.config],
      [before.uid, before.etag, { keep: "me" }, ["echo before the reset"]],
    );
    const { entries } = await game.log();
    assert.ok(entries.some(({ message }) => message === "before the reset"));
    assert.ok(entries.some(({ event }) => event === LifecycleEvent.RESET));
  });

  test(
    "reset-of-a-clean-instance-changes-nothing",
    "Idempotent: on a stopped instance without writes it answers `changed = false`.",
    async (t) => {
      const game = await t.game();
      assert.equal((await game.reset()).changed, false, "never started");
      await game.start();
      assert.equal((await game.reset()).changed, true);
      assert.equal((await game.reset()).changed, false);
    },
  );

  test(
    "reset-of-a-stopped-instance-discards",
    "Stops the game, makes STOPPED the desired state and discards everything that the game wrote",
    async (t) => {
      const game = await t.running({ config: ["sim_write left4dead2/mine.txt text"] });
      await game.stop();
      assert.equal((await game.reset()).changed, true);
    },
  );

  test("delete-removes", "Stops the game and removes the instance with all that it wrote. Its log can no longer be read.", async (t) => {
    const game = await t.running();
    const { uid } = await game.get();
    assert.equal((await game.delete()).changed, true);
    await refusal(game.get(), "INSTANCE_NOT_FOUND");
    await refusal(game.log(), "INSTANCE_NOT_FOUND", { name: game.name });
    const { instance, created } = await game.initialize();
    assert.ok(created);
    assert.notEqual(instance.uid, uid, "assigned when the instance is created and never reused");
    assert.deepEqual((await game.log()).entries, [], "history never starts at a namesake's");
  });

  test("delete-takes-what-the-game-wrote", "Stops the game and removes the instance with all that it wrote.", async (t) => {
    const { game } = await t.play(["sim_write left4dead2/mine.txt secret"]);
    await game.delete();
    await game.initialize({ config: ["sim_cat left4dead2/mine.txt", "echo cf-end-of-script"] });
    await game.start();
    assert.equal((await game.printed()).answer("sim_cat left4dead2/mine.txt"), "error ENOENT");
  });

  test("delete-of-a-missing-instance", "Idempotent: a missing instance is a success with `changed = false`.", async (t) => {
    const game = await t.unborn();
    assert.equal((await game.delete()).changed, false);
    assert.equal((await game.delete({ etag: "any" })).changed, false, "with an etag all the same");
    await game.initialize();
    assert.equal((await game.delete()).changed, true);
    assert.equal((await game.delete()).changed, false);
  });
});
