import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { DesiredState, Drift, InstanceState, Readiness } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { failsWith, refusal } from "../fixtures/refusal.ts";
import { sleep } from "../fixtures/within.ts";
import { area } from "../runner/test-case.ts";

const millisecondsOf = (time: { seconds: bigint; nanos: number } | undefined) =>
  Number(time?.seconds ?? 0n) * 1000 + (time?.nanos ?? 0) / 1e6;

export const lifecycleInitialize = area("lifecycle", (test) => {
  test("initialize-creates", "Creates an instance, or replaces the specification and labels of an existing one atomically.", async (t) => {
    const game = await t.unborn({ config: ["echo hello"] }, { mode: "coop" });
    const { instance, created, changed } = await game.initialize();
    assert.deepEqual({ created, changed }, { created: true, changed: true });
    assert.equal(instance.name, game.name);
    assert.notEqual(instance.uid, "");
    assert.notEqual(instance.etag, "");
    assert.deepEqual(instance.labels, { mode: "coop" });
    assert.deepEqual(instance.spec.config, ["echo hello"]);
    assert.ok(instance.createTime !== undefined && instance.updateTime !== undefined && instance.revision > 0n);
  });

  test("initialize-creates-stopped", "The host never invents a wish", async (t) => {
    const game = await t.game();
    const { desiredState, status } = await game.get();
    assert.equal(desiredState, DesiredState.STOPPED);
    assert.equal(status.state, InstanceState.STOPPED);
    assert.equal(status.readiness, Readiness.NOT_APPLICABLE);
    assert.equal(status.drift, Drift.NONE);
    assert.equal(status.invocationId, "", "empty before the first");
    assert.equal(status.mainPid, 0);
    assert.equal(status.lastExit, undefined, "unset before the first end");
    assert.equal(status.usage, undefined, "unset when nothing runs");
    assert.equal(status.operation, undefined, "unset when none holds it");
    assert.deepEqual([status.buildId, status.generation, status.restarts, status.pendingRestart], ["", 0n, 0, false]);
    assert.equal(status.nextGeneration, 1n, "counted from 1");
    assert.equal(status.nextBuildId, t.world.build?.id);
  });

  test("initialize-again-changes-nothing", "Idempotent: the same request again answers `changed = false`.", async (t) => {
    const game = await t.game({ config: ["echo a"] }, { k: "v" });
    const before = await game.get();
    const { created, changed, instance } = await game.initialize();
    assert.deepEqual({ created, changed }, { created: false, changed: false });
    assert.deepEqual(
      [instance.etag, instance.uid, instance.status.nextGeneration],
      [before.etag, before.uid, before.status.nextGeneration],
    );
  });

  test(
    "initialize-replaces",
    "The specification, complete: unset fields take their defaults, not the values of an earlier specification.",
    async (t) => {
      const game = await t.game({ config: ["echo a"], arguments: ["-maxplayers", "8"] }, { old: "1" });
      const before = await game.get();
      const port = await t.port();
      const { instance, created, changed } = await game.api.instances.initializeInstance({
        name: game.name,
        spec: { port },
        labels: { fresh: "2" },
      });
      assert.deepEqual({ created, changed }, { created: false, changed: true });
      assert.equal(instance?.uid, before.uid, "a replacement keeps the uid");
      assert.notEqual(instance?.etag, before.etag);
      assert.deepEqual([instance?.spec?.port, instance?.spec?.config, instance?.spec?.arguments], [port, [], []]);
      assert.deepEqual(instance?.labels, { fresh: "2" }, "labels are replaced as a whole, too");
    },
  );

  test("initialize-create-only", "Fails with ALREADY_EXISTS / INSTANCE_EXISTS when the instance exists.", async (t) => {
    const game = await t.unborn();
    const { created, instance } = await game.initialize({}, { createOnly: true });
    assert.ok(created);
    await refusal(game.initialize({ config: ["echo other"] }, { createOnly: true }), "INSTANCE_EXISTS", {
      name: game.name,
      uid: instance.uid,
    });
    assert.deepEqual((await game.get()).spec.config, []);
  });

  test(
    "initialize-create-only-with-etag",
    "Fails with ALREADY_EXISTS / INSTANCE_EXISTS when the instance exists. Not together with `etag`.",
    async (t) => {
      const game = await t.unborn();
      await refusal(game.initialize({}, { createOnly: true, etag: "x" }), "INVALID_REQUEST");
    },
  );

  test(
    "initialize-with-etag-never-creates",
    "When set, the call fails with ABORTED / ETAG_MISMATCH unless the instance exists with this etag.",
    async (t) => {
      const game = await t.unborn();
      await refusal(game.initialize({}, { etag: "none" }), "ETAG_MISMATCH", { name: game.name, expected: "none", found: "" });
      await refusal(game.get(), "INSTANCE_NOT_FOUND", { name: game.name });
    },
  );

  test(
    "validate-only-creates-nothing",
    "Checks everything and changes nothing; the answer shows the instance as it would be.",
    async (t) => {
      const game = await t.unborn({ config: ["echo imagined"] });
      const { instance, created, changed } = await game.initialize({}, { validateOnly: true });
      assert.deepEqual({ created, changed }, { created: true, changed: true });
      assert.deepEqual(instance.spec.config, ["echo imagined"]);
      await refusal(game.get(), "INSTANCE_NOT_FOUND");
    },
  );

  test(
    "validate-only-replaces-nothing",
    "Checks everything and changes nothing; the answer shows the instance as it would be.",
    async (t) => {
      const game = await t.game({ config: ["echo real"] });
      const before = await game.get();
      const { instance, created, changed } = await game.initialize({ config: ["echo imagined"] }, { validateOnly: true });
      assert.deepEqual({ created, changed, config: instance.spec.config }, { created: false, changed: true, config: ["echo imagined"] });
      const after = await game.get();
      assert.deepEqual([after.etag, after.revision, after.spec.config], [before.etag, before.revision, ["echo real"]]);
      const same = await game.initialize({}, { validateOnly: true });
      assert.equal(same.changed, false, "an equal specification would change nothing");
    },
  );

  test("validate-only-explains", "What the next start would run. Set with `validate_only`.", async (t) => {
    const game = await t.unborn({ arguments: ["-maxplayers", "8"], config: ["echo explained"] });
    const { explanation } = await game.initialize({}, { validateOnly: true });
    assert.deepEqual(explanation?.argv.slice(-2), ["-maxplayers", "8"]);
    assert.match(Buffer.from(explanation?.configs[0]?.content ?? []).toString(), /^echo explained$/m);
    assert.equal((await game.initialize()).explanation, undefined);
  });

  test(
    "validate-only-checks-everything",
    "Checks everything and changes nothing; the answer shows the instance as it would be.",
    async (t) => {
      const game = await t.unborn();
      await refusal(game.initialize({ port: 0 }, { validateOnly: true }), "INVALID_SPEC");
      await refusal(game.initialize({ overlays: [{ ref: t.ref() }] }, { validateOnly: true }), "OVERLAY_NOT_FOUND");
      const other = await t.game();
      await refusal(other.initialize({}, { validateOnly: true, createOnly: true }), "INSTANCE_EXISTS");
      await refusal(other.initialize({}, { validateOnly: true, etag: "wrong" }), "ETAG_MISMATCH");
    },
  );

  test(
    "initialize-on-running",
    "It neither starts nor stops anything; on a running instance it sets `status.pending_restart`.",
    async (t) => {
      const game = await t.running();
      const before = await game.status();
      const { changed, instance } = await game.initialize({ config: ["echo later"] });
      assert.ok(changed);
      assert.equal(instance.status.pendingRestart, true);
      const { state, invocationId, mainPid, generation, nextGeneration } = await game.status();
      assert.deepEqual(
        [state, invocationId, mainPid, generation],
        [InstanceState.RUNNING, before.invocationId, before.mainPid, before.generation],
      );
      assert.ok(nextGeneration > generation, "the newest generation waits for its start");
    },
  );

  test("labels-never-ask-for-a-restart", "A change of labels never asks for a restart.", async (t) => {
    const game = await t.running();
    const before = await game.get();
    game.labels = { changed: "yes" };
    const { changed, instance } = await game.initialize();
    assert.ok(changed);
    assert.equal(instance.status.pendingRestart, false);
    assert.notEqual(instance.etag, before.etag);
    assert.deepEqual(instance.labels, { changed: "yes" });
  });

  test("etag-follows-the-specification", "Changes with every change of `uid`, `labels` or `spec`, and with nothing else.", async (t) => {
    const game = await t.game();
    const { etag } = await game.get();
    const answers = [await game.start(), await game.restart(), await game.stop(), await game.reset()];
    for (const { instance } of answers) assert.equal(instance.etag, etag);
    const changed = await game.initialize({ config: ["echo x"] });
    assert.notEqual(changed.instance.etag, etag);
  });

  test("times-of-an-instance", "When `spec` or `labels` last changed.", async (t) => {
    const game = await t.game();
    const { createTime, updateTime } = await game.get();
    await sleep(0.02);
    assert.deepEqual((await game.initialize()).instance.updateTime, updateTime, "nothing changed");
    await game.start();
    assert.deepEqual((await game.get()).updateTime, updateTime, "a start changes neither");
    const { instance } = await game.initialize({ config: ["echo x"] });
    assert.ok(millisecondsOf(instance.updateTime) > millisecondsOf(updateTime));
    assert.deepEqual(instance.createTime, createTime);
  });

  test(
    "server-cfg-is-always-written",
    "The configuration files that the host generates or exposes, in the order of their execution; `server.cfg`, which executes the others, comes first.",
    async (t) => {
      const game = await t.running({ config: [], arguments: ["+sim_stat", "left4dead2/cfg/server.cfg", "+echo", "cf-end-of-script"] });
      const stat = (await game.printed()).answer("sim_stat left4dead2/cfg/server.cfg");
      assert.ok(
        typeof stat === "object" && stat !== null && "type" in stat && stat.type === "file" && "size" in stat && stat.size === 0,
        JSON.stringify(stat),
      );
      const { configs } = await game.explain();
      assert.deepEqual(
        configs.map(({ path, content }) => [path, content.length]),
        [["left4dead2/cfg/server.cfg", 0]],
      );
    },
  );

  test(
    "initialize-without-spec",
    "The game and query port (UDP); RCON listens on the TCP port of the same number. 1 to 65535, required.",
    async (t) => {
      await failsWith(t.api.instances.initializeInstance({ name: t.name() }), Code.InvalidArgument);
    },
  );
});
