import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { failsWith } from "../fixtures/refusal.ts";
import { area } from "../runner/test-case.ts";

export const host = area("host", (test) => {
  test("get-host", "Returns what the host is, what its driver can do, and its disk and load.", async (t) => {
    const { host } = await t.api.host.getHost({});
    assert.ok(host !== undefined);
    assert.match(host.driver, /^(systemd|embedded|fake)$/);
    for (const text of [host.id, host.hostname, host.version, host.root]) assert.notEqual(text, "");
    assert.ok(host.capabilities !== undefined && host.disk !== undefined && host.load !== undefined && host.startTime !== undefined);
    assert.ok(host.disk.totalBytes > 0n && host.disk.freeBytes <= host.disk.totalBytes);
    assert.ok(host.load.cpus > 0 && host.load.loadAverages.length === 3);
    assert.ok(host.load.memoryTotalBytes >= host.load.memoryAvailableBytes);
    assert.equal(host.id, t.world.host.id, "it does not change");
  });

  test("counts-instances", "Instances whose game runs.", async (t) => {
    await t.running();
    await t.game();
    const { host } = await t.api.host.getHost({});
    const { instances = 0, instancesRunning = 0 } = host?.load ?? {};
    assert.ok(instances >= 2 && instancesRunning >= 1 && instances > instancesRunning, `${instancesRunning} of ${instances}`);
  });

  test("get-installation", "Returns the active build and the last or running installation job with its log.", async (t) => {
    const { activeBuild, logLines } = await t.api.installation.getInstallation({});
    assert.equal(activeBuild?.id, t.world.build?.id);
    assert.ok(logLines.length <= 200);
  });

  test("negative-page-sizes", "INVALID_ARGUMENT. The request lacks something or contradicts itself. Metadata: field.", async (t) => {
    await failsWith(t.api.instances.listInstances({ pageSize: -1 }), Code.InvalidArgument);
    await failsWith(t.api.host.listOverlays({ pageSize: -1 }), Code.InvalidArgument);
    await failsWith(t.api.installation.listBuilds({ pageSize: -1 }), Code.InvalidArgument);
  });

  test("usage-of-a-running-game", "What its processes use. Unset when nothing runs.", async (t) => {
    const game = await t.running();
    const { usage } = await game.status();
    assert.ok(usage?.sampleTime !== undefined);
    assert.ok((usage.memoryBytes ?? 1n) > 0n && (usage.tasks ?? 1) > 0);
    await game.stop();
    assert.equal((await game.status()).usage, undefined);
  });
});
