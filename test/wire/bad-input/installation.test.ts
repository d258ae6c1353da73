import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { followInstall, InstallPhase } from "../../../src/client/index.ts";
import { drain, GuardedHost, refused } from "./guarded-host.ts";

/** Ids that no job, build or archive has. */
const strangeIds = ["no-such", "../../etc/passwd", "a\0b", "名前", "x".repeat(100_000), "%i", "-rf", "20261129T101500Z-1a2b"];

describe("installations and archives", () => {
  let host: GuardedHost;
  const path = (...parts: string[]) => join(host.root, ...parts);
  before(async () => {
    host = await GuardedHost.open();
  });
  after(() => host?.close());

  const install = async () => {
    let last: InstallPhase | undefined;
    for await (const item of followInstall(host.client, { keepActiveBuild: true })) if (item.type === "job") last = item.job.phase;
    return last;
  };
  const buildOf = async () => (await host.client.installation.getInstallation({})).activeBuild?.id ?? "";

  test("a job that there is not is JOB_NOT_FOUND, whatever its id", async () => {
    const { installation } = host.client;
    for (const jobId of strangeIds) {
      await refused(drain(installation.installGame({ jobId })), "JOB_NOT_FOUND", /there never was one/);
      await refused(installation.cancelInstall({ jobId }), "JOB_NOT_FOUND", /there never was one/);
    }
    await host.unharmed();
  });

  test("a number of a line without its job is INVALID_REQUEST, and begins nothing", async () => {
    const { installation } = host.client;
    await refused(drain(installation.installGame({ afterSequence: 1n })), "INVALID_REQUEST", /after_sequence needs the job_id/);
    assert.equal((await installation.getInstallation({})).job, undefined);
    await host.unharmed();
  });

  test("a build that there is not is BUILD_NOT_FOUND, whatever its id", async () => {
    for (const buildId of ["", ...strangeIds]) await refused(host.client.installation.activateBuild({ buildId }), "BUILD_NOT_FOUND");
    await host.unharmed();
  });

  test("an archive that there is not is ARCHIVE_NOT_FOUND, whatever its id", async () => {
    const { instances } = host.client;
    for (const archiveId of ["", ...strangeIds, `${host.archiveId}/upper`, `${host.archiveId}.info`])
      await refused(instances.restoreArchive({ name: "stopped", archiveId }), "ARCHIVE_NOT_FOUND", /list those that it has/);
    await host.unharmed();
  });

  test("an archive that there is not needs no removal, whatever its id; none at all is INVALID_REQUEST", async () => {
    const { instances } = host.client;
    for (const archiveId of [...strangeIds, `${host.archiveId}/upper`, `${host.archiveId}.info`])
      assert.equal((await instances.deleteArchive({ name: "stopped", archiveId })).changed, false);
    await refused(instances.deleteArchive({ name: "stopped" }), "INVALID_REQUEST", /archive_id is required/);
    await host.unharmed();
  });

  test("an archive whose files were removed by hand is refused, and what the game wrote stays", async () => {
    const { instances } = host.client;
    const extra = await host.extra("edited");
    await instances.startInstance({ name: "edited" });
    const { archiveId } = await instances.resetInstance({ name: "edited", archive: true });
    await instances.startInstance({ name: "edited" });
    await instances.stopInstance({ name: "edited" });
    const upper = path("runtime/edited/upper/left4dead2");
    assert.ok(existsSync(upper));
    await rm(path("runtime/.archives/edited", archiveId, "upper"), { recursive: true });
    await refused(instances.restoreArchive({ name: "edited", archiveId }), "STATE_DAMAGED", new RegExp(archiveId));
    assert.ok(existsSync(upper));
    await extra.remove();
    await host.unharmed();
  });

  test("a number of a line beyond all is no error: nothing comes behind it", async () => {
    assert.equal(await install(), InstallPhase.SUCCEEDED);
    const { job } = await host.client.installation.getInstallation({});
    for (const afterSequence of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      const seen: unknown[] = [];
      for await (const { event } of host.client.installation.installGame({ jobId: job?.id ?? "", afterSequence })) seen.push(event.case);
      assert.deepEqual(seen, ["job"]);
    }
    await host.remember();
  });

  for (const [row, text] of [
    ["is cut off", '{"schema":1,"id":"'],
    ["has wrong types", '{"schema":1,"id":7,"stage":"NOWHERE"}'],
  ]) {
    test(`install/job.json that ${row} costs the memory of the last job, and nothing else`, async () => {
      await host.reopen(() => writeFile(path("install/job.json"), text ?? ""));
      const { job, activeBuild } = await host.client.installation.getInstallation({});
      assert.equal(job, undefined);
      assert.notEqual(activeBuild, undefined);
      await host.unharmed();
    });
  }

  test("a host that has forgotten its last job installs again", async () => {
    assert.equal(await install(), InstallPhase.SUCCEEDED);
    await host.unharmed();
  });

  test("layers/.written of a job that nobody remembers is removed", async () => {
    await host.reopen(async () => {
      await rm(path("install/job.json"));
      for (const name of [".written", ".written-fresh"]) {
        await mkdir(path("layers", name, "left4dead2"), { recursive: true });
        await writeFile(path("layers", name, "left4dead2/half"), "half");
      }
    });
    await host.unharmed();
  });

  for (const [row, text] of [
    ["is cut off", '{"schema": 1, "id": "b'],
    ["describes another build", JSON.stringify({ schema: 1, id: "b000000000000000" })],
  ]) {
    test(`the active build's manifest that ${row}: starts are STATE_DAMAGED, games run on, and mending it is enough`, async () => {
      const { instances, installation } = host.client;
      const file = path("builds", `${await buildOf()}.json`);
      const before = await readFile(file, "utf8");
      await host.reopen(() => writeFile(file, text ?? ""));
      await refused(instances.startInstance({ name: "stopped" }), "STATE_DAMAGED", /builds\/.*\.json cannot be used/);
      assert.equal((await instances.getInstance({ name: "running" })).instance?.status?.restarts, 0);
      assert.equal((await installation.getInstallation({})).activeBuild, undefined);
      await host.reopen(() => writeFile(file, before));
      await instances.stopInstance({ name: "stopped" }); // it was wished to run
      await host.unharmed();
    });
  }

  test("a layer that was removed by hand: starts are STATE_DAMAGED and name it, and putting it back is enough", async () => {
    const { instances } = host.client;
    const [layer, aside] = [path("layers", await buildOf()), path("aside")];
    await rename(layer, aside);
    const failure = await refused(instances.startInstance({ name: "stopped" }), "STATE_DAMAGED", /its layer .* is missing/);
    assert.match(failure.message, new RegExp(layer));
    await host.reopen();
    await refused(instances.startInstance({ name: "stopped" }), "STATE_DAMAGED", /its layer .* is missing/);
    await host.reopen(() => rename(aside, layer));
    await instances.stopInstance({ name: "stopped" });
    await host.unharmed();
  });
});
