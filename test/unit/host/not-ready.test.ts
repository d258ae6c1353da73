import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { HostError } from "../../../src/domain/host-error.ts";
import { openHost } from "../../../src/host/open-host.ts";
import { fakeBuild } from "../../../src/testing/fake-build.ts";
import { FakeDriver } from "../../../src/testing/fake-driver.ts";

test("a game that does not become ready: what was waited for, how long, and what it wrote last", async () => {
  const root = await mkdtemp(join(tmpdir(), "l4m-not-ready-"));
  const host = await openHost({ root, driver: new FakeDriver(), version: "test", probe: async () => false, readyTimeoutSeconds: 0.1 });
  const { signal } = new AbortController();
  const caller = { identity: "test", signal };
  await host.importBuild(fakeBuild(), true, signal);
  await host.initialize({ name: "a", spec: { port: 27031 }, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
  await assert.rejects(host.start({ name: "a", etag: "", waitFor: "READY" }, caller), (error: unknown) => {
    assert.ok(error instanceof HostError);
    const lastLine = "Server is hibernating";
    assert.deepEqual([error.reason, error.metadata], ["NOT_READY", { name: "a", port: "27031", seconds: "0.1", last_line: lastLine }]);
    assert.ok(error.message.includes("port 27031") && error.message.includes(lastLine), error.message);
    return true;
  });
  await host.close();
  await rm(root, { recursive: true, force: true });
});
