import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Build, type HostClient, importBuild, importOverlay } from "../../../src/client/index.ts";
import { tarOf } from "../../unit/host/unpack/tar.ts";
import { drain, failureOf, GuardedHost, tinyArchive } from "./guarded-host.ts";

type Act = (host: GuardedHost) => Promise<unknown>;

/** A call that writes, and what there is around it. */
type DiskWrite = {
  readonly call: Act;
  /** What it is to be done to. */
  readonly prepare?: Act;
  /** What lets it be done again behind a failure. */
  readonly settle?: Act;
  /** How its success is undone. */
  readonly undo?: Act;
  /** The instance whose state or wish a failure may leave changed. */
  readonly concerns?: string;
  /** What it needs of the disk. Default: bytes and inodes; it is refused without. */
  readonly needs?: readonly ("bytes" | "inodes")[];
  /** It makes room: whether it is refused at all depends on how soon what it discards is gone. */
  readonly makesRoom?: true;
  /** It mounts: what mount(8) has no room for is HELPER_FAILED in mount's words; the contract promises DISK_FULL for the host's own writes. */
  readonly mounts?: true;
};

const port = 27_411;
const spec = { port, overlays: [{ ref: "kept/overlay", alias: "kept" }], config: ["echo hello"] };
const name = "new";

/** The stopped instance that some of the calls are about. */
const old = { name: "old", spec: { port } };

/** Every mutation of the contract that needs the disk. */
const diskWrites: Readonly<Record<string, DiskWrite>> = {
  "InitializeInstance of a new one": {
    call: ({ client }) => client.instances.initializeInstance({ name, spec }),
    undo: ({ client }) => client.instances.deleteInstance({ name }),
  },
  "InitializeInstance of one that is there": {
    call: ({ client }) => client.instances.initializeInstance({ name: old.name, spec }),
    undo: ({ client }) => client.instances.initializeInstance(old),
  },
  ImportOverlay: {
    call: ({ client }) => importOverlay(client, "new", tinyArchive("x".repeat(10_000))),
    undo: ({ client }) => client.host.deleteOverlay({ ref: "new" }),
  },
  DeleteOverlay: {
    prepare: ({ client }) => importOverlay(client, "new", tinyArchive("x")),
    call: ({ client }) => client.host.deleteOverlay({ ref: "new" }),
    needs: [],
  },
  ImportBuild: {
    call: ({ client }) => importBuild(client, gameArchive(), { activate: false }),
  },
  ActivateBuild: {
    prepare: ({ client }) => importBuild(client, gameArchive(), { activate: false }),
    call: ({ client }) => activate(client, (builds) => builds.find(({ active }) => !active)),
    undo: ({ client }) => activate(client, (builds) => builds.at(-1)),
    needs: ["inodes"], // for a link
  },
  StartInstance: {
    call: startOld,
    settle: stopOld,
    undo: stopOld,
    concerns: old.name,
    mounts: true,
  },
  RestartInstance: {
    prepare: startOld,
    call: ({ client }) => client.instances.restartInstance({ name: old.name }),
    undo: stopOld,
    concerns: old.name,
    mounts: true,
  },
  ResetInstance: {
    prepare: playOld,
    call: ({ client }) => client.instances.resetInstance({ name: old.name }),
    concerns: old.name,
    makesRoom: true,
  },
  "ResetInstance with an archive": {
    prepare: playOld,
    call: ({ client }) => client.instances.resetInstance({ name: old.name, archive: true }),
    concerns: old.name,
  },
  RestoreArchive: {
    call: ({ client, archiveId }) => client.instances.restoreArchive({ name: "stopped", archiveId }),
    concerns: "stopped",
    undo: ({ client }) => client.instances.resetInstance({ name: "stopped" }),
  },
  DeleteArchive: {
    prepare: async (host) => {
      await playOld(host);
      await host.client.instances.resetInstance({ name: old.name, archive: true });
    },
    call: async ({ client: { instances } }) => {
      const { archives } = await instances.listArchives({ name: old.name });
      await instances.deleteArchive({ name: old.name, archiveId: archives[0]?.id ?? "" });
    },
    concerns: old.name,
    needs: [],
  },
  DeleteInstance: {
    prepare: ({ client }) => client.instances.initializeInstance({ name, spec }),
    call: ({ client }) => client.instances.deleteInstance({ name }),
    concerns: name,
    needs: [],
  },
  InstallGame: {
    call: ({ client }) => drain(client.installation.installGame({ keepActiveBuild: true })),
    mounts: true,
  },
};

async function* gameArchive(): AsyncGenerator<Uint8Array> {
  yield tarOf({ name: "srcds_run", mode: 0o755, content: "#!/bin/sh\n" }, { name: "left4dead2/large", content: "x".repeat(20_000) });
}

/** @param choice of the builds, the newest first: the last one is the stand-in that games start from */
async function activate({ installation }: HostClient, choice: (builds: readonly Build[]) => Build | undefined): Promise<void> {
  const { builds } = await installation.listBuilds({});
  await installation.activateBuild({ buildId: choice(builds)?.id ?? "" });
}

async function startOld({ client }: GuardedHost): Promise<void> {
  await client.instances.startInstance({ name: old.name });
}

async function stopOld({ client }: GuardedHost): Promise<void> {
  await client.instances.stopInstance({ name: old.name });
}

/** Lets it write what there is to be reset. */
async function playOld(host: GuardedHost): Promise<void> {
  await startOld(host);
  await stopOld(host);
}

type Squeeze = (root: string, free: number) => void;

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

/** Resolves when what was discarded before is gone: what it frees would be room. */
async function nothingIsFreed(root: string): Promise<void> {
  for (let before = -1, free = statfsSync(root).bfree; free !== before; free = statfsSync(root).bfree) {
    before = free;
    await sleep(500);
  }
}

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
    await host.client.instances.initializeInstance(old);
    await host.client.instances.startInstance({ name: old.name });
    await host.client.instances.resetInstance({ name: old.name, archive: true });
    await host.client.instances.stopInstance({ name: old.name });
    await host.remember();
  });
  after(() => host?.close((root) => execFileSync("umount", [root])));

  for (const [what, squeeze] of Object.entries(scarce) as [keyof typeof scarce, Squeeze][]) {
    for (const [call, write] of Object.entries(diskWrites)) {
      const isNeeded = (write.needs ?? ["bytes", "inodes"]).includes(what);
      const outcome = isNeeded ? "is DISK_FULL, and leaves the old state or the new one" : "goes on";
      test(`${call} that is out of ${what} at each of its writes ${outcome}`, async () => {
        await write.prepare?.(host);
        await host.remember();
        await nothingIsFreed(host.root);
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
            const isMounts =
              write.mounts === true && failure.reason === "HELPER_FAILED" && /^mount .*no space left/is.test(failure.message);
            assert.ok(failure.reason === "DISK_FULL" || isSteams || isMounts, told);
          }
          if (call === "InstallGame") await rm(join(host.root, "install/job.json"), { force: true });
          if (failure !== undefined) await write.settle?.(host);
          const except = write.concerns === undefined ? {} : { except: write.concerns };
          if (!isDone) await host.unharmed({ message: `with ${free} free`, ...except });
        }
        if (isNeeded) assert.ok(refusals > 0 || write.makesRoom === true, "it was refused at least once");
        else assert.equal(refusals, 0, "it needs none of it");
        assert.ok(isDone, "and then it was done");
        await write.undo?.(host);
        await host.client.host.getHost({});
        await host.remember();
      });
    }
  }
});
