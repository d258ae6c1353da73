import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { importBuild, importOverlay } from "../../../src/client/index.ts";
import { tarOf } from "../../unit/host/unpack/tar.ts";
import { drain, failureOf, GuardedHost, tinyArchive } from "./guarded-host.ts";

/** A call that writes, how its success is undone, and the instance whose wish it may leave changed. */
type Write = {
  readonly call: (host: GuardedHost) => Promise<unknown>;
  readonly concerns?: string;
  readonly undo?: (host: GuardedHost) => Promise<unknown>;
};

const port = 27_411;
const spec = { port, overlays: [{ ref: "kept/overlay", alias: "kept" }], config: ["echo hello"] };
const name = "new";

async function* gameArchive(): AsyncGenerator<Uint8Array> {
  yield tarOf({ name: "srcds_run", mode: 0o755, content: "#!/bin/sh\n" }, { name: "left4dead2/large", content: "x".repeat(20_000) });
}

const writes: Readonly<Record<string, Write>> = {
  "InitializeInstance of a new one": {
    call: ({ client }) => client.instances.initializeInstance({ name, spec }),
    undo: ({ client }) => client.instances.deleteInstance({ name }),
  },
  "InitializeInstance of one that is there": {
    call: ({ client }) => client.instances.initializeInstance({ name: "old", spec }),
    undo: ({ client }) => client.instances.initializeInstance({ name: "old", spec: { port } }),
  },
  ImportOverlay: {
    call: ({ client }) => importOverlay(client, "new", tinyArchive("x".repeat(10_000))),
    undo: ({ client }) => client.host.deleteOverlay({ ref: "new" }),
  },
  ImportBuild: {
    call: ({ client }) => importBuild(client, gameArchive(), { activate: false }),
  },
  StartInstance: {
    call: ({ client }) => client.instances.startInstance({ name: "old" }),
    concerns: "old",
    undo: ({ client }) => client.instances.stopInstance({ name: "old" }),
  },
  RestoreArchive: {
    call: ({ client, archiveId }) => client.instances.restoreArchive({ name: "stopped", archiveId }),
    concerns: "stopped",
    undo: ({ client }) => client.instances.resetInstance({ name: "stopped" }),
  },
  InstallGame: {
    call: ({ client }) => drain(client.installation.installGame({ keepActiveBuild: true })),
  },
};

/** What a tmpfs can run out of. */
const scarce = {
  bytes: (root: string, free: number) => {
    const { blocks, bfree, bsize } = statfsSync(root);
    remount(root, `size=${(blocks - bfree + free) * bsize}`);
  },
  inodes: (root: string, free: number) => {
    const { files, ffree } = statfsSync(root);
    remount(root, `nr_inodes=${files - ffree + free}`);
  },
} as const;

const plenty = "size=256m,nr_inodes=100000";

function remount(root: string, options: string): void {
  execFileSync("mount", ["-o", `remount,${options}`, root]);
}

describe("a full disk", { skip: process.getuid?.() === 0 ? false : "needs root" }, () => {
  let host: GuardedHost;
  before(async () => {
    host = await GuardedHost.open(
      (root) => execFileSync("mount", ["-t", "tmpfs", "-o", plenty, "left4me-full", root]),
      () => ({ LEFT4ME_INSTALL_MIN_FREE: "1" }), // it does not look first, but runs out on its way
    );
    await host.client.instances.initializeInstance({ name: "old", spec: { port } });
    await host.client.instances.startInstance({ name: "old" });
    await host.client.instances.stopInstance({ name: "old" });
    await host.remember();
  });
  after(() => host?.close((root) => execFileSync("umount", [root])));

  for (const [what, squeeze] of Object.entries(scarce)) {
    for (const [call, write] of Object.entries(writes)) {
      test(`${call} that is out of ${what} at each of its writes is DISK_FULL, and leaves the old state or the new one`, async () => {
        let refusals = 0;
        let isDone = false;
        const finest = call === "InstallGame" ? 4 : 12; // each takes a second
        for (let free = 0; !isDone && free < 4000; free += free < finest ? 1 : Math.ceil(free / 2)) {
          squeeze(host.root, free);
          const failure = await failureOf(write.call(host));
          remount(host.root, plenty);
          if (failure === undefined) isDone = true;
          else {
            refusals += 1;
            const told = `with ${free} free: ${failure.reason} ${failure.message}`;
            // SteamCMD, once it runs, has words of its own for it.
            const isSteams = call === "InstallGame" && /^(STEAM|INSTALL_)/.test(failure.reason);
            assert.ok(failure.reason === "DISK_FULL" || isSteams || /no space left/i.test(failure.message), told);
          }
          if (call === "InstallGame") await rm(join(host.root, "install/job.json"), { force: true });
          if (failure !== undefined && call === "StartInstance") await host.client.instances.stopInstance({ name: "old" });
          const except = write.concerns === undefined ? {} : { except: write.concerns };
          if (!isDone) await host.unharmed({ message: `with ${free} free`, ...except });
        }
        assert.ok(refusals > 0, "it was refused at least once");
        assert.ok(isDone, "and then it was done");
        await write.undo?.(host);
        await host.client.host.getHost({});
        await host.remember();
      });
    }
  }
});
