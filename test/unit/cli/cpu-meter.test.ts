import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { CpuMeter } from "../../../src/cli/watch/cpu-meter.ts";
import { type InstanceStatus, InstanceStatusSchema } from "../../../src/gen/left4me/host/v1/instance_pb.ts";

/** A sample at `atMs`, when the invocation had taken `cpuMs` of CPU time. */
function sample(atMs: number, cpuMs: number | undefined, invocationId = "i1"): InstanceStatus {
  const cpuTime = cpuMs === undefined ? undefined : { seconds: BigInt(Math.floor(cpuMs / 1000)), nanos: (cpuMs % 1000) * 1e6 };
  return create(InstanceStatusSchema, {
    invocationId,
    usage: { sampleTime: timestampFromMs(atMs), ...(cpuTime === undefined ? {} : { cpuTime }) },
  });
}

test("percent of one core between two samples, also of several cores", () => {
  const meter = new CpuMeter();
  assert.equal(meter.read(sample(10_000, 7000)), undefined, "one sample says nothing");
  assert.equal(meter.read(sample(12_000, 7500)), 25);
  assert.equal(meter.read(sample(14_000, 12_500)), 250);
  assert.equal(meter.read(sample(16_000, 12_500)), 0, "nothing used is known to be nothing");
});

test("samples too close to each other change nothing", () => {
  const meter = new CpuMeter();
  meter.read(sample(10_000, 0));
  assert.equal(meter.read(sample(10_100, 100)), undefined);
  assert.equal(meter.read(sample(12_000, 1000)), 50);
  assert.equal(meter.read(sample(12_000, 1000)), 50, "the same sample again");
  assert.equal(meter.read(sample(12_499, 1499)), 50);
  assert.equal(meter.read(sample(14_000, 1200)), 10, "compared with the last that counted");
});

test("unknown again: another invocation, no sample, no CPU time, a clock or a counter that went back", () => {
  for (const odd of [
    undefined,
    create(InstanceStatusSchema, {}),
    sample(20_000, undefined),
    sample(20_000, 5, "i2"),
    sample(3000, 1500),
    sample(20_000, 10),
  ]) {
    const meter = new CpuMeter();
    meter.read(sample(10_000, 1000));
    assert.equal(meter.read(sample(12_000, 2000)), 50);
    assert.equal(meter.read(odd), undefined);
  }
});
