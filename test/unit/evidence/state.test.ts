import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type Instance, InstanceSchema, InstanceState, type WatchItem } from "../../../src/client/index.ts";
import { disagreements } from "../../evidence/state/disagreement.ts";
import { explanationOf } from "../../evidence/state/explained-refusals.ts";
import { InstanceHistory } from "../../evidence/state/instance-history.ts";
import { parseShown, type RealState } from "../../evidence/state/real-state.ts";
import { WatchedTable } from "../../evidence/state/watched-table.ts";

const invocationId = "0123456789abcdef0123456789abcdef";
const running = (revision: bigint): Instance =>
  create(InstanceSchema, {
    name: "a",
    uid: "u",
    revision,
    status: { state: InstanceState.RUNNING, activeState: "active", mainPid: 7, invocationId, usage: { tasks: Number(revision) } },
  });
const active: RealState = { activeState: "active", mainPid: 7, invocationId, isMoving: false };

describe("disagreements", () => {
  it("finds none where all say the same, whatever the usage", () => {
    const listed = running(1n);
    const watched = running(1n);
    if (watched.status?.usage !== undefined) watched.status.usage.tasks = 99;
    assert.deepEqual(disagreements({ watched, listed, real: active }), []);
  });

  it("finds what is missing, and where watch and list differ", () => {
    assert.deepEqual(disagreements({ watched: undefined, listed: running(1n), real: undefined }), ["it is not watched, nor real"]);
    assert.equal(disagreements({ watched: running(1n), listed: running(2n), real: active }).length, 1);
  });

  it("finds where the list differs from what runs", () => {
    const told = (real: Partial<RealState>) =>
      disagreements({ watched: running(1n), listed: running(1n), real: { ...active, ...real } }).length;
    assert.equal(told({ mainPid: 8 }), 1);
    assert.equal(told({ invocationId: invocationId.replaceAll("0", "f") }), 1);
    assert.equal(told({ activeState: "failed" }), 1);
    assert.equal(told({ activeState: undefined, mainPid: 0, invocationId: "" }), 2);
    assert.equal(told({ invocationId: "" }), 0);
  });

  it("finds a state that its ActiveState does not stand for", () => {
    const odd = running(1n);
    if (odd.status !== undefined) odd.status.state = InstanceState.STOPPED;
    assert.equal(disagreements({ watched: odd, listed: odd, real: active }).length, 1);
  });
});

describe("explanationOf", () => {
  const target = { instance: "a", delayMs: 0 };
  const stop = { type: "hand", order: "stop the overlay", ...target } as const;
  const crash = { type: "end", signal: "SEGV", ...target } as const;
  const call = { type: "call", call: "stop", ...target } as const;

  it("accepts a refusal that something else of the same time explains", () => {
    assert.match(explanationOf("HELPER_FAILED", [call, stop]) ?? "", /administrator/);
    assert.match(explanationOf("START_FAILED", [crash]) ?? "", /signal/);
    assert.match(explanationOf("SUPERSEDED", [call]) ?? "", /later call/);
  });

  it("accepts no other, and no reason that has no place here", () => {
    assert.equal(explanationOf("HELPER_FAILED", [call, crash]), undefined);
    assert.equal(explanationOf("START_FAILED", [call]), undefined);
    assert.equal(explanationOf("BUSY", []), undefined);
    assert.equal(explanationOf("MOUNT_BUSY", [call, stop, crash]), undefined);
  });
});

describe("parseShown", () => {
  it("reads servers, and whether they or their overlays are on their way", () => {
    const block = (unit: string, state: string, sub: string, more = "") =>
      `Id=left4me-${unit}.service\nActiveState=${state}\nSubState=${sub}\n${more}`;
    const server = "MainPID=7\nInvocationID=abc\n";
    const text = [
      block("server@a", "active", "running", server),
      block("overlay@a", "active", "exited", "InvocationID=def\n"),
      block("server@b", "inactive", "dead", "MainPID=0\nInvocationID=\n"),
      block("overlay@b", "deactivating", "stop-post"),
      block("server@c", "activating", "auto-restart", "MainPID=0\nInvocationID=abc\n"),
      block("overlay@c", "active", "exited"),
      block("server@d", "inactive", "dead", "MainPID=0\nInvocationID=\nJob=77\n"),
      block("overlay@d", "inactive", "dead"),
    ].join("\n");
    const states = parseShown(text);
    assert.deepEqual([...states.keys()], ["a", "b", "c", "d"]);
    assert.deepEqual(states.get("a"), { activeState: "active", mainPid: 7, invocationId: "abc", isMoving: false });
    assert.deepEqual(
      ["b", "c", "d"].map((name) => states.get(name)?.isMoving),
      [true, false, true],
    );
  });
});

describe("WatchedTable", () => {
  const item = (change: "ADDED" | "MODIFIED" | "REMOVED", revision: bigint): WatchItem => ({
    type: "change",
    change,
    instance: running(revision),
    merged: 0,
    cursor: "",
  });
  const tableOf = (...items: readonly WatchItem[]) => {
    const table = new WatchedTable(new InstanceHistory(["a"]));
    for (const one of items) table.take(one);
    return table;
  };
  const synced: WatchItem = { type: "synced", cursor: "" };
  const resync: WatchItem = { type: "resync", reason: "DAEMON_RESTARTED" };

  it("holds what was told last, and starts over when it is told to", () => {
    const table = tableOf(item("ADDED", 1n), synced, item("MODIFIED", 2n));
    assert.deepEqual([table.instances.get("a")?.revision, table.isSynced, table.problems], [2n, true, []]);
    table.take(resync);
    assert.deepEqual([table.instances.size, table.isSynced, table.resyncs], [0, false, { DAEMON_RESTARTED: 1 }]);
    table.take(item("ADDED", 2n));
    assert.deepEqual(table.problems, []);
    assert.equal(tableOf(item("ADDED", 1n), item("REMOVED", 2n)).instances.size, 0);
  });

  it("finds items that contradict earlier ones", () => {
    assert.equal(tableOf(item("MODIFIED", 1n)).problems.length, 1);
    assert.equal(tableOf(item("ADDED", 1n), item("ADDED", 2n)).problems.length, 1);
    assert.equal(tableOf(item("ADDED", 2n), item("MODIFIED", 1n)).problems.length, 1);
    assert.equal(tableOf(item("ADDED", 2n), resync, item("ADDED", 1n)).problems.length, 1);
  });
});
