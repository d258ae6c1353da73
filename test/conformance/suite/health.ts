import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { HealthCheckResponse_ServingStatus as Status } from "../../../src/gen/grpc/health/v1/health_pb.ts";
import { Recording } from "../fixtures/recording.ts";
import { failsWith } from "../fixtures/refusal.ts";
import { area } from "../runner/test-case.ts";

export const services = [
  "left4me.host.v1.InstanceService",
  "left4me.host.v1.LogService",
  "left4me.host.v1.InstallationService",
  "left4me.host.v1.HostService",
] as const;

// Its promises stand in the health protocol of gRPC: https://github.com/grpc/grpc/blob/master/doc/health-checking.md
export const health = area("health", (test) => {
  test("check", "Design: health Check answers SERVING for the process and for each of its services.", async (t) => {
    for (const service of ["", ...services]) assert.equal((await t.api.health.check({ service })).status, Status.SERVING, service);
  });

  test("check-of-an-unknown-service", "Design: health Check answers NOT_FOUND for a service that is unknown.", async (t) => {
    await failsWith(t.api.health.check({ service: "no.such.Service" }), Code.NotFound);
  });

  test("watch", "Design: health Watch tells the status at once and keeps the stream.", async (t) => {
    for (const service of ["", services[0]]) {
      const recording = new Recording((signal) => t.api.health.watch({ service }, { signal }));
      t.defer(() => recording.stop());
      assert.equal((await recording.until("the status", () => recording.events[0])).status, Status.SERVING);
      assert.ok(recording.isOpen);
    }
  });

  test("watch-of-an-unknown-service", "Design: health Watch tells SERVICE_UNKNOWN and keeps the stream.", async (t) => {
    const recording = new Recording((signal) => t.api.health.watch({ service: "no.such.Service" }, { signal }));
    t.defer(() => recording.stop());
    assert.equal((await recording.until("the status", () => recording.events[0])).status, Status.SERVICE_UNKNOWN);
    assert.ok(recording.isOpen);
  });
});
