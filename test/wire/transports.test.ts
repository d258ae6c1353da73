import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { HostError } from "../../src/domain/host-error.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { Health, HealthCheckResponse_ServingStatus } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { StartFailureSchema } from "../../src/gen/left4me/host/v1/error_reason_pb.ts";
import { HostService } from "../../src/gen/left4me/host/v1/host_service_pb.ts";
import { InstallationService } from "../../src/gen/left4me/host/v1/installation_service_pb.ts";
import { InstanceService } from "../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { LogService } from "../../src/gen/left4me/host/v1/log_service_pb.ts";
import { eventually } from "./eventually.ts";
import { type Served, serve } from "./serve.ts";
import { transports } from "./transports.ts";

async function errorOf(promise: Promise<unknown>): Promise<ConnectError> {
  const error = await promise.then(
    () => assert.fail("the call succeeded"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError, String(error));
  return error;
}

/** What a client can learn of an error, in a form that compares. */
function learned(error: ConnectError) {
  const [info, ...more] = error.findDetails(ErrorInfoSchema);
  assert.equal(more.length, 0, "exactly one ErrorInfo");
  return {
    code: Code[error.code],
    message: error.rawMessage,
    domain: info?.domain,
    reason: info?.reason,
    metadata: info?.metadata,
    violations: error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations.map(({ field }) => field)),
    lastLines: error.findDetails(StartFailureSchema).map(({ exit }) => exit?.lastLines),
  };
}

const startFailed = new HostError("START_FAILED", 'the game of "alpha" exited with code 1 — süß', {
  metadata: { name: "alpha", exit: "exited with code 1" },
  startFailure: {
    step: "starting",
    exit: {
      invocationId: "0".repeat(32),
      code: 1,
      intended: false,
      exitTime: new Date(0),
      result: "exit-code",
      lastLines: ["one", "two: süß"],
    },
  },
});

for (const [name, transportTo] of Object.entries(transports)) {
  describe(name, () => {
    let served: Served;
    before(async () => {
      served = await serve();
    });
    after(() => served[Symbol.asyncDispose]());
    const clientOf = <T extends Parameters<typeof createClient>[0]>(service: T) => createClient(service, transportTo(served));

    test("a unary call", async () => {
      const { instance } = await clientOf(InstanceService).getInstance({ name: "alpha" });
      assert.equal(instance?.uid, "uid-alpha");
      assert.equal(instance?.spec?.resources?.memoryMaxBytes, 2n ** 40n);
      await clientOf(InstanceService).stopInstance({ name: "alpha" });
      assert.equal(served.host.caller, name.endsWith("unix") ? "operator@unix" : "operator@127.0.0.1");
    });

    test("errors carry the same details over every transport", async () => {
      const client = clientOf(InstanceService);
      assert.deepEqual(learned(await errorOf(client.getInstance({ name: "nobody" }))), {
        code: "NotFound",
        message: 'there is no instance "nobody"; initialize it first',
        domain: "left4me.host",
        reason: "INSTANCE_NOT_FOUND",
        metadata: { name: "nobody" },
        violations: [],
        lastLines: [],
      });
      const invalid = learned(
        await errorOf(client.initializeInstance({ name: "x", spec: { port: 0, overlays: [{ ref: "../up" }] }, labels: { "!": "" } })),
      );
      assert.equal(invalid.reason, "INVALID_SPEC");
      assert.deepEqual(invalid.violations.slice(0, 2), ["spec.port", "spec.overlays[0].ref"]);
      served.host.failure = startFailed;
      const failed = learned(await errorOf(client.startInstance({ name: "alpha" })));
      served.host.failure = undefined;
      assert.equal(failed.code, "Internal");
      assert.equal(failed.message, startFailed.message);
      assert.deepEqual(failed.lastLines, [["one", "two: süß"]]);
    });

    test("a defect is told in general terms, and logged in particular", async () => {
      served.host.failure = new TypeError("secret /var/lib/left4me");
      const error = learned(await errorOf(clientOf(InstanceService).stopInstance({ name: "alpha" })));
      served.host.failure = undefined;
      assert.equal(error.reason, "INTERNAL");
      assert.doesNotMatch(error.message, /secret/);
      const logged = served.complaints.at(-1);
      assert.match(String((logged?.fields as { error: unknown } | undefined)?.error), /secret/);
    });

    test("the largest of errors still arrives", async () => {
      const stderr = `${"é".repeat(40_000)}the end`;
      served.host.failure = new HostError("HELPER_FAILED", `x failed: ${stderr}`, {
        metadata: { command: "x ".repeat(3000), exit_code: "3", stderr },
      });
      const error = learned(await errorOf(clientOf(InstanceService).stopInstance({ name: "alpha" })));
      served.host.failure = undefined;
      assert.equal(error.reason, "HELPER_FAILED");
      assert.equal(error.metadata?.["exit_code"], "3");
      assert.match(error.metadata?.["stderr"] ?? "", /^….*the end$/);
    });

    test("a deadline ends the waiting with DEADLINE_EXCEEDED", async () => {
      const error = await errorOf(clientOf(InstanceService).startInstance({ name: "slow" }, { timeoutMs: 100 }));
      assert.equal(error.code, Code.DeadlineExceeded);
    });

    test("what is not offered says so", async () => {
      const error = learned(await errorOf(clientOf(HostService).diagnose({})));
      assert.equal(error.code, "Unimplemented");
      assert.deepEqual(error.metadata, { feature: "diagnose" });
      const installing = async () => {
        for await (const _ of clientOf(InstallationService).installGame({})) assert.fail("a message");
      };
      assert.equal(learned(await errorOf(installing())).reason, "NOT_IMPLEMENTED");
    });

    test("a watch says hello at once and ends when its client cancels", async () => {
      const abort = new AbortController();
      const events: (string | undefined)[] = [];
      const reading = async () => {
        for await (const { event } of clientOf(InstanceService).watchInstances({}, { signal: abort.signal })) {
          events.push(event.case);
          if (event.case === "bookmark") abort.abort();
        }
      };
      const error = await errorOf(reading());
      assert.equal(error.code, Code.Canceled);
      assert.deepEqual(events, ["hello", "change", "change", "bookmark"]);
      assert.equal(await eventually(() => served.host.open, 0), 0);
      assert.equal(served.daemon.slots.used, 0);
    });

    test("a deadline ends a followed log", async () => {
      const seen: (string | undefined)[] = [];
      const reading = async (timeoutMs: number) => {
        seen.length = 0;
        for await (const { event } of clientOf(LogService).streamLogs({ name: "alpha", follow: true }, { timeoutMs }))
          seen.push(event.case);
      };
      // A deadline counts from the call: on a slow machine a short one is over before the first events have come.
      for (let timeoutMs = 200; seen.length < 2 && timeoutMs < 30_000; timeoutMs *= 2)
        assert.equal((await errorOf(reading(timeoutMs))).code, Code.DeadlineExceeded);
      assert.deepEqual(seen, ["hello", "batch"]);
      assert.equal(await eventually(() => served.daemon.slots.used, 0), 0);
    });

    test("an upload", async () => {
      const chunk = new Uint8Array(1024 * 1024);
      async function* parts() {
        yield { part: { case: "header" as const, value: { ref: "maps" } } };
        for (let count = 0; count < 5; count += 1) yield { part: { case: "chunk" as const, value: chunk } };
      }
      const { overlay, changed } = await clientOf(HostService).importOverlay(parts());
      assert.deepEqual([overlay?.ref, changed, served.host.uploaded], ["maps", true, 5 * 1024 * 1024]);
    });

    test("an upload that is refused half-way learns why", async () => {
      const chunk = new Uint8Array(64 * 1024);
      async function* parts() {
        yield { part: { case: "header" as const, value: { ref: "maps" } } };
        for (let count = 0; count < 200; count += 1) yield { part: { case: "chunk" as const, value: chunk } };
      }
      served.host.failure = new HostError("UPLOAD_REFUSED", "no tar archive", { metadata: { entry: "", problem: "no tar archive" } });
      const error = learned(await errorOf(clientOf(HostService).importOverlay(parts())));
      served.host.failure = undefined;
      assert.equal(error.reason, "UPLOAD_REFUSED");
      assert.equal((await clientOf(HostService).listOverlays({})).overlays.length, 3);
    });

    test("an upload that breaks off is no upload", async () => {
      async function* parts() {
        yield { part: { case: "header" as const, value: { activate: false } } };
        yield { part: { case: "chunk" as const, value: new Uint8Array(1000) } };
        throw new Error("the disk is gone");
      }
      served.host.uploaded = -1;
      served.host.broken.length = 0;
      await errorOf(clientOf(InstallationService).importBuild(parts()));
      assert.equal(await eventually(() => served.host.broken.length, 1), 1);
      assert.equal(served.host.uploaded, -1);
    });

    test("an upload without its header is refused", async () => {
      async function* parts() {
        yield { part: { case: "chunk" as const, value: new Uint8Array(3) } };
      }
      assert.deepEqual(learned(await errorOf(clientOf(InstallationService).importBuild(parts()))).metadata, { field: "header" });
    });

    test("pages", async () => {
      const client = clientOf(HostService);
      const first = await client.listOverlays({ pageSize: 2 });
      const second = await client.listOverlays({ pageSize: 2, pageToken: first.nextPageToken });
      assert.deepEqual(
        [...first.overlays, ...second.overlays].map(({ ref }) => ref),
        ["a", "b", "c"],
      );
      assert.equal(second.nextPageToken, "");
      const error = await errorOf(clientOf(InstallationService).listBuilds({ pageToken: first.nextPageToken }));
      assert.equal(learned(error).reason, "INVALID_PAGE_TOKEN");
    });

    test("health", async () => {
      const client = clientOf(Health);
      assert.equal((await client.check({ service: InstanceService.typeName })).status, HealthCheckResponse_ServingStatus.SERVING);
      assert.equal((await errorOf(client.check({ service: "nothing" }))).code, Code.NotFound);
      const abort = new AbortController();
      const [statuses] = await Promise.allSettled([
        (async () => {
          for await (const { status } of client.watch({ service: "nothing" }, { signal: abort.signal })) {
            assert.equal(status, HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN);
            abort.abort();
          }
        })(),
      ]);
      assert.equal(statuses.status, "rejected");
    });
  });
}
