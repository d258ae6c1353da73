import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import type { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { pack } from "tar-stream";
import { asHostFailure, InstanceState, importBuild, importOverlay, WaitFor } from "../../src/client/index.ts";
import { archiveOf } from "../evidence/power-cut/contents.ts";
import { inspectFiles } from "../evidence/power-cut/inspect.ts";
import { BootingHost } from "./booting-host.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const name = "game";
const port = 27_340;

/** An overlay that does not fit. */
function largeArchive(): Readable {
  const archive = pack();
  for (let index = 0; index < 64; index += 1) archive.entry({ name: `left4dead2/large-${index}.bin` }, Buffer.alloc(1024 * 1024, index));
  archive.finalize();
  return archive as unknown as Readable;
}

/** The reason that a call is refused for. */
async function reasonOf(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => "no error",
    (error: unknown) => asHostFailure(error)?.reason ?? String(error),
  );
}

describe("a full disk", { skip: whyNoHosts() ?? false }, () => {
  let host: BootingHost;

  before(async () => {
    host = await BootingHost.create("disk-full");
    await host.sh(
      `systemctl stop left4me-hostd.service
       mount -t tmpfs -o size=24m,mode=1770 tmpfs /var/lib/left4me
       systemd-tmpfiles --create left4me.conf
       systemctl start left4me-hostd.service`,
    );
    await host.atRest();
    await importBuild(host.client, archiveOf("build", "one"));
    await importOverlay(host.client, "tested/overlay", archiveOf("overlay", "one"));
    await host.client.instances.initializeInstance({ name, spec: { port, overlays: [{ ref: "tested/overlay" }] } });
    await host.client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE });
  });
  after(() => host?.end());

  const fill = (keep = 0) =>
    host.sh(
      `head -c ${keep} /dev/zero >/var/lib/left4me/.keep; cat /dev/zero >/var/lib/left4me/.filler 2>/dev/null || true; rm /var/lib/left4me/.keep`,
    );
  const free = () => host.sh("rm -f /var/lib/left4me/.filler");
  const state = async () => (await host.client.instances.getInstance({ name })).instance?.status?.state;

  it("refuses an overlay that does not fit with DISK_FULL, and keeps nothing of it", async () => {
    await fill(4 * 1024 * 1024);
    assert.equal(await reasonOf(importOverlay(host.client, "tested/large", largeArchive())), "DISK_FULL");
    await free();
    assert.deepEqual(await inspectFiles(host), []);
  });

  it("refuses what needs room with DISK_FULL, and leaves nothing half-made; the game runs on", async () => {
    await fill();
    const { instances } = host.client;
    assert.deepEqual(
      [
        await reasonOf(importBuild(host.client, archiveOf("build", "two"))),
        await reasonOf(importOverlay(host.client, "tested/overlay", archiveOf("overlay", "two"))),
        await reasonOf(instances.initializeInstance({ name: "late", spec: { port: port + 1 } })),
        await reasonOf(instances.initializeInstance({ name, spec: { port, config: ['hostname "other"'] } })),
      ],
      ["DISK_FULL", "DISK_FULL", "DISK_FULL", "DISK_FULL"],
    );
    assert.equal(await state(), InstanceState.RUNNING);
    assert.deepEqual(readdirSync(host.path("instances")), [name]);
    await free();
    assert.deepEqual(await inspectFiles(host), []);
  });

  it("loses an archive that is wanted no more", async () => {
    const { instances } = host.client;
    await host.sh(`head -c 6M /dev/zero >/var/lib/left4me/runtime/${name}/merged/left4dead2/kept`);
    const { archiveId } = await instances.resetInstance({ name, archive: true });
    assert.equal(await reasonOf(instances.startInstance({ name, waitFor: WaitFor.ACTIVE })), "no error");
    await fill();
    assert.equal(await reasonOf(instances.deleteArchive({ name, archiveId })), "no error");
    await host.sh("systemctl start left4me-trash.service; (( $(df --output=avail -B1M /var/lib/left4me | tail -1) >= 6 ))");
    assert.equal(await state(), InstanceState.RUNNING);
    await free();
    assert.deepEqual(await inspectFiles(host), []);
  });

  it("can be stopped, reset and deleted on a full disk: that is how it becomes empty again", async () => {
    const { instances } = host.client;
    await host.sh(`cat /dev/zero >/var/lib/left4me/runtime/${name}/merged/left4dead2/filler 2>/dev/null || true`);
    // What was set aside is still being deleted: that the reset is done may not be written yet.
    const first = await reasonOf(instances.resetInstance({ name }));
    assert.ok(["no error", "DISK_FULL"].includes(first), first);
    assert.equal(await state(), InstanceState.STOPPED);
    assert.deepEqual(readdirSync(host.path("runtime")).sort(), [".archives", ".fresh", ".order", ".stage", ".trash"]);
    await host.sh("systemctl start left4me-trash.service");
    assert.equal(await reasonOf(instances.resetInstance({ name })), "no error");
    assert.equal(await reasonOf(instances.startInstance({ name, waitFor: WaitFor.ACTIVE })), "no error");
    await fill();
    assert.equal(await reasonOf(instances.stopInstance({ name })), "DISK_FULL");
    assert.equal(await state(), InstanceState.STOPPED);
    assert.equal(await reasonOf(instances.startInstance({ name, waitFor: WaitFor.ACTIVE })), "DISK_FULL");
    assert.equal(await state(), InstanceState.STOPPED);
    assert.equal(await reasonOf(instances.deleteInstance({ name })), "no error");
    await free();
    await host.sh("systemctl start left4me-trash.service");
    assert.deepEqual(await inspectFiles(host), []);
  });

  it("and a daemon that opens on it serves", async () => {
    await host.client.instances.initializeInstance({ name, spec: { port } });
    await fill();
    await host.sh("systemctl kill -s KILL left4me-hostd.service");
    const answered = await host.atRest().then(
      () => "serves",
      (error: unknown) => String(error),
    );
    await free();
    assert.equal(answered, "serves");
    await host.client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE });
    assert.deepEqual(await inspectFiles(host), []);
  });
});
