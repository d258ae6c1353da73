import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf";
import { buildToProto } from "../../../src/convert/build.ts";
import { instanceToProto } from "../../../src/convert/instance.ts";
import { logEntryToProto } from "../../../src/convert/log-entry.ts";
import { overlayToProto } from "../../../src/convert/overlay.ts";
import type { Instance } from "../../../src/domain/instance.ts";
import { BuildSchema } from "../../../src/gen/left4me/host/v1/build_pb.ts";
import { InstanceSchema } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { LogEntrySchema } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { OverlaySchema } from "../../../src/gen/left4me/host/v1/overlay_pb.ts";

// The host only ever shows these values; nobody reads them back into the domain. So each is held against its JSON.

const date = (second: number) => new Date(Date.UTC(2026, 0, 2, 3, 4, second));
const time = (second: number) => `2026-01-02T03:04:0${second}Z`;

function shows<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>, expected: object): void {
  assert.deepEqual(toJson(desc, message), expected);
}

test("a build", () => {
  const build = {
    id: "b1",
    steamBuildId: "14130416",
    active: true,
    publishTime: date(1),
    sizeBytes: 2 ** 40,
    files: 7,
    layerCount: 1,
    usedBy: ["a", "b"],
  };
  shows(BuildSchema, buildToProto(build), { ...build, publishTime: time(1), sizeBytes: String(2 ** 40), files: "7" });
});

test("an overlay, imported and put there by hand", () => {
  const imported = {
    ref: "r",
    mutable: false,
    version: "sha256-0",
    sizeBytes: 0,
    files: 0,
    usedBy: ["a"],
    publishTime: date(1),
    editedInUse: false,
  };
  shows(OverlaySchema, overlayToProto(imported), {
    ref: "r",
    version: "sha256-0",
    sizeBytes: "0",
    files: "0",
    usedBy: ["a"],
    publishTime: time(1),
  });
  const mutable = { ref: "r", mutable: true, version: "", usedBy: [], editedInUse: true };
  shows(OverlaySchema, overlayToProto(mutable), { ref: "r", mutable: true, editedInUse: true });
});

test("a log entry, of the game and of the host", () => {
  const entry = { cursor: "c", position: "p", time: date(1), timeEstimated: true, message: "m", invocationId: "i", partial: true };
  const common = { cursor: "c", time: time(1), timeEstimated: true, message: "m", invocationId: "i", partial: true };
  const raw = Uint8Array.of(0xff);
  shows(LogEntrySchema, logEntryToProto({ ...entry, raw }), { ...common, raw: "/w==", event: "LIFECYCLE_EVENT_NONE" });
  shows(LogEntrySchema, logEntryToProto({ ...entry, event: "READY" }), { ...common, event: "LIFECYCLE_EVENT_READY" });
});

test("an instance", () => {
  const exit = { invocationId: "i0", code: 0, intended: false, exitTime: date(2), result: "exit-code", lastLines: ["bye"], oom: false };
  const status = {
    activeState: "active",
    subState: "running",
    result: "success",
    invocationId: "i1",
    mainPid: 42,
    restarts: 1,
    buildId: "b1",
    nextBuildId: "b2",
    pendingRestart: true,
  };
  const usage = { memoryBytes: 5, cpuSeconds: 1.5, tasks: 3, receiveBytes: 6, transmitBytes: 7 };
  const instance: Instance = {
    name: "n",
    uid: "u",
    etag: "e",
    labels: { mode: "versus" },
    spec: {
      port: 27015,
      overlays: [{ ref: "r", alias: "x" }],
      arguments: [],
      config: [],
      preserve: [],
      resources: { nice: 0 },
      volatile: false,
    },
    desiredState: "RUNNING",
    createTime: date(3),
    updateTime: date(4),
    revision: 9,
    status: {
      ...status,
      state: "RUNNING",
      readiness: "READY",
      drift: "STARTED_OUTSIDE",
      stateChangeTime: date(1),
      generation: 1,
      nextGeneration: 2,
      lastExit: exit,
      usage: { ...usage, sampleTime: date(5) },
      operation: { id: "o", verb: "STOP", startTime: date(6), step: "s", caller: "c" },
      warnings: [{ code: "NO_BUILD", message: "w" }],
    },
  };
  shows(InstanceSchema, instanceToProto(instance), {
    name: "n",
    uid: "u",
    etag: "e",
    labels: { mode: "versus" },
    spec: { port: 27015, overlays: [{ ref: "r", alias: "x" }], resources: { nice: 0 } },
    desiredState: "DESIRED_STATE_RUNNING",
    createTime: time(3),
    updateTime: time(4),
    revision: "9",
    status: {
      ...status,
      state: "INSTANCE_STATE_RUNNING",
      readiness: "READINESS_READY",
      drift: "DRIFT_STARTED_OUTSIDE",
      stateChangeTime: time(1),
      generation: "1",
      nextGeneration: "2",
      lastExit: { invocationId: "i0", code: 0, exitTime: time(2), result: "exit-code", lastLines: ["bye"], oom: false },
      usage: { sampleTime: time(5), memoryBytes: "5", cpuTime: "1.500s", tasks: 3, receiveBytes: "6", transmitBytes: "7" },
      operation: { id: "o", verb: "VERB_STOP", startTime: time(6), step: "s", caller: "c" },
      warnings: [{ code: "WARNING_CODE_NO_BUILD", message: "w" }],
    },
  });
});
