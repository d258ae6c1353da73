import assert from "node:assert/strict";
import { mock, type TestContext, test } from "node:test";
import { UnitWatch } from "../../../src/drivers/systemd/units/unit-watch.ts";
import { FakePid1, running, server } from "./fake-pid1.ts";
import { until } from "./private-bus.ts";

/** A watch of a fake PID 1, and what it has logged. */
async function open(context: TestContext, pid1 = new FakePid1()) {
  const logged: string[] = [];
  const changed: string[] = [];
  const watch = new UnitWatch(
    (name) => changed.push(name),
    (message) => logged.push(message),
    pid1.connect,
  );
  context.after(() => watch.close());
  await watch.connect();
  await watch.open();
  return { pid1, watch, logged, changed };
}

function times(calls: readonly string[], name: string): number {
  return calls.filter((call) => call === name).length;
}

test("signals of another form than PID 1's are left alone", async (context) => {
  const { pid1, watch } = await open(context);
  const bodies = [
    [],
    [1],
    [null, null],
    [1, 2, 3, 4],
    ["org.freedesktop.systemd1.Unit"],
    ["org.freedesktop.systemd1.Unit", null],
    [1, "/j", server],
  ];
  for (const member of ["PropertiesChanged", "JobRemoved", "NameOwnerChanged", "Reloading", "Other"])
    for (const body of bodies)
      for (const path of ["/", "/org/freedesktop/systemd1/unit/left4me_2dserver_40game_2eservice"]) pid1.signal(member, body, path);
  assert.equal(watch.facts("server", "game").activeState, "inactive");
  pid1.change(server, "Unit", { ActiveState: "active" });
  assert.equal(watch.facts("server", "game").activeState, "active");
});

test("one loop connects again, with growing pauses, until everything has been compared", async (context) => {
  const { pid1, watch, logged } = await open(context);
  let fails = 3;
  const started: number[] = [];
  pid1.before = ({ member }) => {
    if (member === "connect") {
      assert.equal(pid1.connections.size, 0);
      started.push(performance.now());
    }
    if (member === "Subscribe" && fails-- > 0) {
      if (fails === 1) pid1.lose(); // the connection ends while it is being restored
      throw new Error("PID 1 is not there yet");
    }
  };
  pid1.units.set(server, { ...running });
  pid1.lose();
  await until(() => logged.includes("the system bus answers again"));
  assert.equal(started.length, 4);
  const [first, second, third, fourth] = started as [number, number, number, number];
  assert.ok(second - first > 190 && third - second > 390 && fourth - third > 790, String(started));
  assert.equal(pid1.connections.size, 1);
  assert.equal(watch.facts("server", "game").mainPid, 7);
  pid1.lose();
  await until(() => started.length === 5 && times(logged, "the system bus answers again") === 2);
});

test("a connection that ends when it has just been restored is made again", async (context) => {
  const { pid1, watch, logged } = await open(context);
  let losses = 1;
  pid1.before = ({ member }) => {
    if (member === "ListUnitsByPatterns" && losses-- > 0) pid1.lose(); // and the last answer has come all the same
  };
  pid1.lose();
  await until(() => logged.includes("the system bus answers again"));
  assert.ok(watch.manager);
  assert.equal(losses < 0 && pid1.connections.size, 1);
});

test("what was connected while the watch was closed is ended", async (context) => {
  const { pid1, watch } = await open(context);
  const { promise, resolve } = Promise.withResolvers<void>();
  let connecting = false;
  pid1.before = ({ member }) => {
    connecting ||= member === "connect";
    return promise;
  };
  pid1.lose();
  await until(() => connecting);
  watch.close();
  resolve();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(pid1.connections.size, 0);
});

test("a PID 1 that executed itself anew and does not answer costs the connection", async (context) => {
  const { pid1, logged } = await open(context);
  let fails = 1;
  pid1.before = ({ member }) => {
    if (member === "Subscribe" && fails-- > 0) throw new Error("no answer");
  };
  pid1.signal("NameOwnerChanged", ["org.freedesktop.systemd1", "", ":1.9"]);
  await until(() => logged.includes("the system bus answers again"));
  assert.equal(pid1.connections.size, 1);
});

test("what PID 1 had not told yet when it read its files anew is looked for at once, also during another comparison", async (context) => {
  const { pid1, watch } = await open(context);
  pid1.units.set(server, { ...running });
  const before = pid1.calls.length;
  pid1.signal("Reloading", [true]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(pid1.calls.length, before);
  const answer = Promise.withResolvers<void>();
  pid1.before = () => answer.promise; // the list is as it was when it was asked for
  pid1.units.set(server, { ...running, ActiveState: "activating" });
  pid1.signal("Reloading", [false]);
  pid1.units.set(server, { ...running });
  pid1.signal("Reloading", [false]);
  answer.resolve();
  await until(() => watch.facts("server", "game").activeState === "active");
  assert.equal(times(pid1.calls.slice(before), "ListUnitsByPatterns"), 2);
});

test("an answer does not overwrite a signal that came after the question", async (context) => {
  const pid1 = new FakePid1();
  pid1.units.set(server, { ...running });
  let asked = false;
  pid1.before = ({ member }) => {
    if (member !== "Get" || asked) return;
    asked = true;
    pid1.change(server, "Service", { MainPID: 8 });
    pid1.change(server, "Unit", { ActiveState: "deactivating", SubState: "stop-sigterm" });
  };
  const { watch } = await open(context, pid1);
  const { activeState, mainPid, result } = watch.facts("server", "game");
  assert.deepEqual([activeState, mainPid, result], ["deactivating", 8, "success"]);
});

test("a list does not end a unit of which a signal came after the question", async (context) => {
  const pid1 = new FakePid1();
  pid1.units.set(server, { ...running });
  const { watch } = await open(context, pid1);
  pid1.units.delete(server);
  pid1.before = ({ member }) => {
    if (member === "ListUnitsByPatterns") pid1.change(server, "Unit", { SubState: "stop-post" });
  };
  pid1.signal("NameOwnerChanged", ["org.freedesktop.systemd1", "", ":1.9"]);
  await until(() => watch.facts("server", "game").subState === "stop-post");
  await new Promise((resolve) => setTimeout(resolve, 10));
  const { activeState, mainPid } = watch.facts("server", "game");
  assert.deepEqual([activeState, mainPid], ["active", 7]);
});

test("what a list does not tell of is read in turn", async (context) => {
  context.after(() => mock.timers.reset());
  const pid1 = new FakePid1();
  pid1.units.set(server, { ...running });
  mock.timers.enable({ apis: ["setInterval"] });
  const { watch, changed } = await open(context, pid1);
  await new Promise(setImmediate);
  changed.length = 0;
  pid1.units.set(server, { ...running, MainPID: 9 }); // and no signal comes
  mock.timers.tick(10_000);
  await until(() => watch.facts("server", "game").mainPid === 9 && changed.length === 1);
});

test("a job whose end was told while nobody heard is settled by what its unit shows", async (context) => {
  const { pid1, watch } = await open(context);
  const reset = server.replace("server", "reset");
  const stopped = { ActiveState: "inactive", SubState: "dead", Job: [0, "/"], Result: "success" };
  pid1.units.set(server, { ...running, Job: [3, "/job/3"] });
  pid1.units.set("left4me-overlay@game.service", { ...stopped });
  pid1.units.set("left4me-server@other.service", { ...running, Job: [5, "/job/5"] });
  pid1.units.set(reset, { ...stopped, ExecMainExitTimestamp: BigInt(Date.now()) * 1000n });
  pid1.units.set("left4me-reset@other.service", { ...stopped, ExecMainExitTimestamp: 0n });
  const ends = [
    watch.jobs.of("/job/1", { verb: "stop", unit: "left4me-overlay@game.service" }),
    watch.jobs.of("/job/2", { verb: "start", unit: "left4me-overlay@game.service" }),
    watch.jobs.of("/job/4", { verb: "start", unit: "left4me-server@other.service" }),
    watch.jobs.of("/job/6", { verb: "start", unit: reset }),
    watch.jobs.of("/job/7", { verb: "start", unit: "left4me-reset@other.service" }),
  ];
  const lasting = watch.jobs.of("/job/3", { verb: "start", unit: server });
  pid1.signal("NameOwnerChanged", ["org.freedesktop.systemd1", "", ":1.9"]);
  assert.deepEqual(await Promise.all(ends), ["done", "failed", "canceled", "done", "failed"]);
  assert.equal(await Promise.race([lasting, "it waits"]), "it waits");
  pid1.units.set(server, { ...running });
  pid1.signal("NameOwnerChanged", ["org.freedesktop.systemd1", "", ":1.10"]);
  assert.equal(await lasting, "done");
});

test("a game that is gone is not seen before how it ended", async (context) => {
  const pid1 = new FakePid1();
  pid1.units.set(server, { ...running, ExecMainCode: 0 });
  const { watch } = await open(context, pid1);
  const answer = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  pid1.before = ({ body }) => {
    if (body?.[1] !== "ExecMainCode") return undefined;
    asked.resolve();
    return answer.promise;
  };
  const end = { ActiveState: "failed", SubState: "failed", MainPID: 0, ExecMainCode: 2, ExecMainStatus: 9 };
  pid1.units.set(server, { ...running, ...end }); // and no signal comes
  pid1.signal("Reloading", [false]);
  await asked.promise;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(watch.facts("server", "game").mainPid, 7);
  answer.resolve();
  await until(() => watch.facts("server", "game").execCode === 2);
  assert.equal(watch.facts("server", "game").mainPid, 0);
});
