import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { neverStarted, type RuntimeStatus } from "../../../src/domain/runtime-status.ts";
import { describeUnits, type MountFacts } from "../../../src/drivers/systemd/units/describe-units.ts";
import { unitFacts } from "../../../src/drivers/systemd/units/unit-properties.ts";

const began = new Date("2026-01-01T00:00:00Z");
const before = neverStarted(began);
const id = "0123456789abcdef0123456789abcdef";
const ended = BigInt(Date.parse("2026-01-01T00:01:00Z")) * 1000n;
const mounted: MountFacts = { generation: 7, isUnmountRefused: false };

/** What D-Bus would tell. */
const unit = (properties: Record<string, unknown>) =>
  unitFacts(new Map(Object.entries({ InvocationID: Buffer.from(id, "hex"), ...properties })));
const unloaded = unitFacts(new Map());
const up = unit({ ActiveState: "active", SubState: "exited" });
const exit = (code: number, status: number, result: string) => ({
  ExecMainCode: code,
  ExecMainStatus: status,
  ExecMainExitTimestamp: ended,
  Result: result,
});

describe("units as one status", () => {
  it("units that are not loaded are an instance at rest, with what was known before", () => {
    const known = { ...before, invocationId: id };
    assert.deepEqual(describeUnits(unloaded, unloaded, mounted, known), known);
  });

  it("a running server is active, and pins its generation", () => {
    const server = unit({
      ActiveState: "active",
      SubState: "running",
      MainPID: 42,
      NRestarts: 1,
      Result: "success",
      StateChangeTimestamp: ended,
    });
    assert.deepEqual(describeUnits(server, up, mounted, before), {
      activeState: "active",
      subState: "running",
      result: "success",
      invocationId: id,
      mainPid: 42,
      since: new Date("2026-01-01T00:01:00Z"),
      restarts: 1,
      mounted: true,
      generation: 7,
    });
  });

  it("a server whose mount is being made is starting; one without an order is not", () => {
    const waiting = unit({ ActiveState: "inactive", SubState: "dead", Job: [5, "/org/freedesktop/systemd1/job/5"] });
    const mounting = unit({ ActiveState: "activating", SubState: "start" });
    assert.equal(describeUnits(waiting, mounting, mounted, before).activeState, "activating");
    assert.equal(describeUnits(unit({ ActiveState: "inactive", Job: [0, "/"] }), up, mounted, before).activeState, "inactive");
  });

  it("an overlay that failed is mounted only when its unmount was refused", () => {
    const failed = unit({ ActiveState: "failed", SubState: "failed" });
    assert.equal(describeUnits(unloaded, failed, mounted, before).mounted, false);
    assert.equal(describeUnits(unloaded, failed, { ...mounted, isUnmountRefused: true }, before).mounted, true);
  });

  it("exits are told with code, or with the signal that the launcher's code stands for", () => {
    const told = (properties: Record<string, unknown>) =>
      describeUnits(unit({ ActiveState: "activating", SubState: "auto-restart", ...properties }), up, mounted, before).exit;
    const common = { invocationId: id, exitTime: new Date("2026-01-01T00:01:00Z") };
    assert.deepEqual(told(exit(1, 3, "exit-code")), { ...common, code: 3, oom: false, result: "exit-code" });
    assert.deepEqual(told(exit(1, 139, "exit-code")), { ...common, signal: "SIGSEGV", oom: false, result: "signal" });
    assert.deepEqual(told(exit(2, 9, "oom-kill")), { ...common, signal: "SIGKILL", oom: true, result: "oom-kill" });
    assert.deepEqual(told(exit(2, 9, "timeout")), { ...common, signal: "SIGKILL", oom: false, result: "timeout" });
    assert.deepEqual(told(exit(3, 6, "core-dump")), { ...common, signal: "SIGABRT", oom: false, result: "core-dump" });
  });

  it("what systemd killed is told as killed, also when it has not learned how process 1 ended", () => {
    const was: RuntimeStatus = { ...before, activeState: "deactivating", subState: "stop-sigterm", invocationId: id, mainPid: 42 };
    const told = (known: Partial<RuntimeStatus>, result: string) => {
      const lost = { ExecMainCode: 0, ExecMainStatus: 0, ExecMainExitTimestamp: 0n, MainPID: 0, StateChangeTimestamp: ended };
      const server = unit({ ActiveState: "failed", SubState: "failed", Result: result, ...lost });
      return describeUnits(server, up, mounted, { ...was, ...known }).exit;
    };
    const common = { invocationId: id, exitTime: new Date("2026-01-01T00:01:00Z") };
    const killed = { ...common, signal: "SIGKILL", oom: false, result: "timeout" };
    assert.deepEqual(told({}, "timeout"), killed, "stop-sigkill was not shown");
    assert.deepEqual(told({ subState: "stop-sigkill", result: "timeout" }, "timeout"), killed);
    assert.deepEqual(told({}, "oom-kill"), { ...common, signal: "SIGKILL", oom: true, result: "oom-kill" });
    const unknown = { ...common, result: "timeout" };
    assert.deepEqual(told({ result: "timeout" }, "timeout"), unknown, "the start took too long");
    assert.deepEqual(told({ activeState: "activating", subState: "start" }, "timeout"), unknown);
    assert.deepEqual(told({}, "success"), { ...common, result: "success" });
  });

  it("an exit belongs to the run in which it happened, and stays known during the next", () => {
    const crashed = describeUnits(
      unit({ ActiveState: "activating", SubState: "auto-restart", ...exit(1, 3, "exit-code") }),
      up,
      mounted,
      before,
    );
    const next = { InvocationID: Buffer.alloc(16, 1), ActiveState: "activating", SubState: "start", ...exit(1, 3, "exit-code") };
    assert.equal(describeUnits(unit(next), up, mounted, crashed).exit?.invocationId, id);
    assert.equal(describeUnits(unit(next), up, mounted, before).exit, undefined);
  });

  describe("the start limit", () => {
    /** One that failed so many milliseconds after its game had ended. */
    const failed = (restarts: number, later: number) =>
      unit({
        ActiveState: "failed",
        SubState: "failed",
        NRestarts: restarts,
        StateChangeTimestamp: ended + BigInt(later * 1000),
        ...exit(1, 3, "exit-code"),
      });
    const resultOf = (server: ReturnType<typeof failed>, known: Partial<RuntimeStatus>) =>
      describeUnits(server, unloaded, mounted, { ...before, invocationId: id, ...known }).result;
    const waiting = { activeState: "activating", subState: "auto-restart" } as const;

    it("is what ends a pause in a failure; the exit keeps its result", () => {
      assert.equal(resultOf(failed(5, 30_000), waiting), "start-limit-hit");
      assert.equal(resultOf(failed(5, 30_000), { ...waiting, subState: "auto-restart-queued" }), "start-limit-hit");
      assert.equal(describeUnits(failed(5, 30_000), unloaded, mounted, { ...before, ...waiting }).exit?.result, "exit-code");
    });

    it("is not what ends a stop, however often the game was restarted before", () => {
      assert.equal(resultOf(failed(7, 20), { activeState: "deactivating", subState: "stop-sigterm" }), "exit-code");
      assert.equal(resultOf(failed(7, 20), { activeState: "active", subState: "running" }), "exit-code");
      assert.equal(resultOf(failed(0, 20), { activeState: "active", subState: "running" }), "exit-code");
    });

    it("stays what it was while the unit stays failed", () => {
      assert.equal(
        resultOf(failed(5, 30_000), { activeState: "failed", subState: "failed", result: "start-limit-hit" }),
        "start-limit-hit",
      );
      assert.equal(resultOf(failed(7, 30_000), { activeState: "failed", subState: "failed", result: "exit-code" }), "exit-code");
    });

    it("is known by the count and the pause when nobody saw the failure", () => {
      assert.equal(resultOf(failed(5, 30_000), {}), "start-limit-hit");
      assert.equal(resultOf(failed(5, 30_000), { ...waiting, invocationId: "of an earlier run" }), "start-limit-hit");
      assert.equal(resultOf(failed(7, 20), {}), "exit-code", "it was stopped");
      assert.equal(resultOf(failed(3, 30_000), {}), "exit-code");
    });
  });
});

describe("properties of a unit", () => {
  it("2^64-1 and values of another type are nothing", () => {
    const facts = unitFacts(
      new Map<string, unknown>([
        ["NRestarts", 0xffff_ffff_ffff_ffffn],
        ["MainPID", "x"],
        ["InvocationID", Buffer.alloc(0)],
        ["ActiveState", 5],
      ]),
    );
    assert.deepEqual([facts.restarts, facts.mainPid, facts.invocationId, facts.activeState], [0, 0, "", "inactive"]);
  });
});
