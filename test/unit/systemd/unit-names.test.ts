import assert from "node:assert/strict";
import { test } from "node:test";
import { inheritedSockets } from "../../../src/daemon/inherited-sockets.ts";
import { neverStarted } from "../../../src/domain/runtime-status.ts";
import { JobResults } from "../../../src/drivers/systemd/bus/job-results.ts";
import { lifeCycleEvents } from "../../../src/drivers/systemd/life-cycle-events.ts";
import { hostUnitName, ofHost, parseUnitName, unitName, unitOfPath, unitPath } from "../../../src/drivers/systemd/units/unit-names.ts";

test("object paths are written as systemd writes them, and read back", () => {
  const unit = unitName("server", "my-game_2");
  assert.equal(unitPath(unit), "/org/freedesktop/systemd1/unit/left4me_2dserver_40my_2dgame_5f2_2eservice");
  assert.equal(unitOfPath(unitPath(unit)), unit);
  assert.equal(unitOfPath("/org/freedesktop/systemd1"), undefined);
});

test("only units of instances and of an installation are ours", () => {
  assert.deepEqual(parseUnitName("left4me-overlay@a.service"), { kind: "overlay", name: "a" });
  assert.deepEqual(parseUnitName(hostUnitName("hand-over")), { kind: "hand-over", name: ofHost });
  for (const unit of [
    "left4me-hostd.service",
    "left4me-server.service",
    "left4me-install@.service",
    "left4me-server@A.service",
    "left4me-server@a.b.service",
    "left4me-stage@a.service",
    "x",
  ])
    assert.equal(parseUnitName(unit), undefined, unit);
});

test("a job that ends before anybody waits is not missed; who waits when the bus goes away is told", async () => {
  const jobs = new JobResults();
  jobs.ended("/job/1", "done");
  assert.equal(await jobs.of("/job/1", { verb: "start", unit: "x" }), "done");
  const late = jobs.of("/job/2", { verb: "start", unit: "x" });
  jobs.ended("/job/2", "dependency");
  assert.equal(await late, "dependency");
  const lost = jobs.of("/job/3", { verb: "start", unit: "x" });
  jobs.fail(new Error("the bus is gone"));
  await assert.rejects(lost, /the bus is gone/);
});

test("events are told in the order in which they happened", () => {
  const since = new Date(2000);
  const first = { ...neverStarted(new Date(0)), activeState: "active", subState: "running", invocationId: "a", since } as const;
  const exit = { invocationId: "a", code: 3, oom: false, exitTime: new Date(3000), result: "exit-code" };
  const waiting = { ...first, activeState: "activating", subState: "auto-restart", exit } as const;
  const second = { ...first, invocationId: "b", exit, restarts: 1 } as const;
  const names = (before: Parameters<typeof lifeCycleEvents>[0], after: typeof before) =>
    lifeCycleEvents(before, after).map(({ event }) => event);
  assert.deepEqual(names(neverStarted(since), first), ["STARTED"]);
  assert.deepEqual(names(first, waiting), ["EXITED", "RESTARTING"]);
  assert.deepEqual(names(first, second), ["EXITED", "STARTED"]);
  assert.deepEqual(names(waiting, { ...waiting, activeState: "failed", subState: "failed", result: "start-limit-hit" }), ["GAVE_UP"]);
  assert.deepEqual(names(second, second), []);
  assert.deepEqual(names({ ...waiting, restarts: 4 }, { ...second, restarts: 4 }), ["STARTED"]);
  // The fifth failure: the limit is applied at the end of the pause.
  const last = { ...waiting, restarts: 4 };
  assert.deepEqual(names({ ...first, restarts: 4 }, last), ["EXITED"]);
  assert.deepEqual(names(last, { ...second, activeState: "activating", subState: "start", restarts: 5 }), ["RESTARTING"]);
  assert.deepEqual(names(last, { ...last, activeState: "failed", subState: "failed", result: "start-limit-hit" }), ["GAVE_UP"]);
});

test("a restart says when it comes, and counts restarts, not attempts of a limit", () => {
  const running = { ...neverStarted(new Date(0)), activeState: "active", subState: "running", invocationId: "a", restarts: 1 } as const;
  const waiting = { ...running, activeState: "activating", subState: "auto-restart" } as const;
  const starting = { ...waiting, subState: "start", invocationId: "b" } as const;
  const messages = (...[before, after]: Parameters<typeof lifeCycleEvents>) => lifeCycleEvents(before, after).map(({ message }) => message);
  assert.deepEqual(messages({ ...running, restarts: 0 }, { ...waiting, restarts: 0 }), ["restarting in 1 s (restart 1)"]);
  assert.deepEqual(messages(running, waiting), ["restarting in 2.3 s (restart 2)"]);
  assert.deepEqual(messages({ ...waiting, restarts: 6 }, { ...starting, restarts: 7 }), ["restarting now, after 30 s (restart 7)"]);
});

test("sockets of systemd are taken by the process that they are meant for", () => {
  const env = { LISTEN_PID: "7", LISTEN_FDS: "2", LISTEN_FDNAMES: "operator:viewer" };
  assert.deepEqual(inheritedSockets(env, 7), [
    { kind: "inherited", descriptor: 3, name: "operator" },
    { kind: "inherited", descriptor: 4, name: "viewer" },
  ]);
  assert.deepEqual(inheritedSockets(env, 8), []);
  assert.deepEqual(inheritedSockets({}, 7), []);
});
