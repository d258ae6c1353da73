import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { instanceNotFound } from "../../../src/domain/failures.ts";
import { Health } from "../../../src/gen/grpc/health/v1/health_pb.ts";
import { HostService } from "../../../src/gen/left4me/host/v1/host_service_pb.ts";
import { InstanceService } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { errorInterceptor } from "../../../src/service/error-interceptor.ts";
import { requestLog } from "../../../src/service/request-log.ts";

type Entry = { readonly level: string; readonly fields: Readonly<Record<string, unknown>> };

/** Clients of handlers behind the log, and what it has told. */
function logged() {
  const entries: Entry[] = [];
  const log = requestLog((level, message, fields = {}) => {
    assert.equal(message, "call");
    entries.push({ level, fields });
  });
  const instances: Partial<ServiceImpl<typeof InstanceService>> = {
    stopInstance: ({ name }) => {
      if (name === "gone") throw instanceNotFound(name);
      return { changed: true };
    },
    initializeInstance: () => ({ changed: false }),
    async *watchInstances() {
      yield {};
    },
  };
  const transport = createRouterTransport(
    (router) => {
      router.service(InstanceService, instances);
      router.service(HostService, {
        importOverlay: async (requests) => {
          for await (const _ of requests);
          return { changed: true };
        },
      });
      router.service(Health, { check: () => ({}) });
    },
    { router: { interceptors: [log, errorInterceptor(() => {})] } },
  );
  const told = () => entries.splice(0).map(({ level, fields: { ms, ...fields } }) => ({ level, ...fields, hasTime: Number.isInteger(ms) }));
  return {
    instances: createClient(InstanceService, transport),
    host: createClient(HostService, transport),
    health: createClient(Health, transport),
    told,
  };
}

const common = { caller: "operator@local", hasTime: true };

test("what may change something is told with whom it is about and what came of it", async () => {
  const { instances, told } = logged();
  await instances.stopInstance({ name: "alpha" });
  await assert.rejects(instances.stopInstance({ name: "gone" }));
  const rpc = "left4me.host.v1.InstanceService/StopInstance";
  assert.deepEqual(told(), [
    { level: "info", rpc, name: "alpha", code: "ok", changed: true, ...common },
    { level: "info", rpc, name: "gone", code: "NotFound", reason: "INSTANCE_NOT_FOUND", ...common },
  ]);
});

test("an upload is told by its header", async () => {
  const { host, told } = logged();
  await host.importOverlay(
    (async function* () {
      yield { part: { case: "header" as const, value: { ref: "maps/dark" } } };
      yield { part: { case: "chunk" as const, value: new Uint8Array(3) } };
    })(),
  );
  const rpc = "left4me.host.v1.HostService/ImportOverlay";
  assert.deepEqual(told(), [{ level: "info", rpc, overlay: "maps/dark", code: "ok", changed: true, ...common }]);
});

test("what changes nothing is a detail: reads, dry runs, health", async () => {
  const { instances, health, told } = logged();
  await instances.initializeInstance({ name: "alpha", validateOnly: true });
  for await (const _ of instances.watchInstances({}));
  await health.check({});
  assert.deepEqual(
    told().map(({ level, ...fields }) => [level, String((fields as { readonly rpc?: string }).rpc).split("/")[1]]),
    [
      ["debug", "InitializeInstance"],
      ["debug", "WatchInstances"],
      ["debug", "Check"],
    ],
  );
});
