import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { HostClient } from "../../../src/client/index.ts";
import { BootingHost } from "../../hosts/booting-host.ts";
import { DaemonUnderTest } from "../daemon-under-test.ts";
import type { DriverName } from "../evidence-host.ts";
import { wholeness } from "../install-cut/wholeness.ts";
import { killHostd } from "../kill-hostd.ts";
import { inspectFiles, inspectUnits } from "../power-cut/inspect.ts";
import { installGame, setSteam } from "../steam-host.ts";
import { inspect } from "./inspect.ts";

const repository = join(import.meta.dirname, "../../..");

/** A host whose daemon is killed again and again, whichever driver runs its games. */
export type KilledHost = {
  readonly client: HostClient;
  /** kill -9 of the daemon. Resolves when the next one answers. */
  kill(): Promise<void>;
  /** Sets the build that Steam has. */
  remote(buildId: string): void;
  /** What is wrong at rest: what belongs to nobody, what is half-made, what is not as it is wished to be. */
  inspect(): Promise<string[]>;
  /** What the daemon said last; nothing where it has been on standard error already. */
  daemonLog(): Promise<readonly string[]>;
  end(): Promise<void>;
};

/** Makes a host with the stand-in game, as Steam's stand-in has it. */
export async function createKilledHost(driver: DriverName): Promise<KilledHost> {
  return driver === "embedded" ? embeddedHost() : systemdHost();
}

async function embeddedHost(): Promise<KilledHost> {
  const behaviour = `/var/tmp/left4me-kill-daemon-${process.pid}.json`;
  const remote = (buildId: string) => writeFileSync(behaviour, JSON.stringify({ build_id: buildId, download_ms: 500 }));
  remote("1999");
  const built = await mkdtemp("/var/tmp/left4me-kill-daemon-");
  execFileSync(process.execPath, ["scripts/build.ts", "--out", built], { cwd: repository, stdio: ["ignore", "ignore", "inherit"] });
  const program = join(built, "bundle/left4me-hostd.js"); // what is shipped; it also starts sooner than the sources
  const daemon = await DaemonUnderTest.create(undefined, { program, env: { LEFT4ME_SIM_STEAMCMD: behaviour } });
  return {
    client: daemon.client,
    async kill() {
      await daemon.kill();
      await daemon.start();
    },
    remote,
    inspect: () => inspect(daemon.client, daemon.root),
    daemonLog: async () => [],
    async end() {
      await daemon.destroy();
      for (const path of [behaviour, built]) await rm(path, { recursive: true, force: true });
    },
  };
}

async function systemdHost(): Promise<KilledHost> {
  const host = await BootingHost.create("kill-daemon");
  // The whole of a build is judged by a file that is another one in each.
  const files = [{ path: "left4dead2/pak01_000.vpk", bytes: 200_000 }];
  const remote = (buildId: string) => setSteam(host, { build_id: buildId, download_ms: 500, big_files: files });
  try {
    remote("1999");
    await installGame(host.client);
  } catch (error) {
    await host.end();
    throw error;
  }
  return {
    client: host.client,
    kill: () => killHostd(host),
    remote,
    async inspect() {
      const { builds } = await host.client.installation.listBuilds({});
      return [...(await inspectUnits(host)), ...(await inspectFiles(host)), ...(await wholeness(host, builds))];
    },
    daemonLog: async () => [await host.daemonLog()],
    end: () => host.end(),
  };
}
