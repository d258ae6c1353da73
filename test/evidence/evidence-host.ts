import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type HostClient, importBuild, type UploadSource } from "../../src/client/index.ts";
import { BootingHost } from "../hosts/booting-host.ts";
import { inGuest } from "../hosts/prepared-daemon.ts";
import { inHost } from "../hosts/prepared-host.ts";
import { DaemonUnderTest } from "./daemon-under-test.ts";
import { killHostd } from "./kill-hostd.ts";

const repository = join(import.meta.dirname, "../..");
const execute = promisify(execFile);

/** A host that an evidence disturbs, whichever driver runs its games. */
export type EvidenceHost = EmbeddedHost | SystemdHost;

type DisturbedHost = {
  readonly client: HostClient;
  /** Where further clients reach the daemon. */
  readonly address: string;
  /** Its process, and the /proc of this machine in which it has this number. */
  daemon(): Promise<{ readonly proc: string; readonly pid: number }>;
  /** kill -9 of the daemon. Resolves when the next one answers. */
  killDaemon(): Promise<void>;
  /**
   * Runs a program of this repository where the daemon runs; in a test host as root.
   *
   * @param file its path below the repository
   * @returns its standard output
   */
  run(file: string, ...args: readonly string[]): Promise<string>;
  /** What the daemon said last, for whoever looks into problems; nothing where it has been on standard error already. */
  daemonLog(): Promise<readonly string[]>;
  /** Removes the host with all its games. */
  end(): Promise<void>;
};

/** A daemon with the embedded driver below a temporary root of this machine. */
export type EmbeddedHost = DisturbedHost & { readonly driver: "embedded"; readonly root: string };

/** A Debian system with left4me-hostd.service; root only. */
export type SystemdHost = DisturbedHost & {
  readonly driver: "systemd";
  /** Runs a script as root in the host. */
  sh(script: string): Promise<string>;
};

/** Which drivers there are, for evidences that exist for each. */
export type DriverName = EvidenceHost["driver"];

/**
 * Makes a host with a build.
 *
 * @param name what a test host is called
 */
export function createEvidenceHost(driver: DriverName, name: string, build: UploadSource): Promise<EvidenceHost> {
  return driver === "embedded" ? embeddedHost(build) : systemdHost(name, build);
}

/** The title of an evidence that exists for each driver. */
export function titleOf(driver: DriverName, title: string): string {
  return driver === "embedded" ? `${title}, on the embedded driver` : `${title} (root, test hosts)`;
}

async function embeddedHost(build: UploadSource): Promise<EmbeddedHost> {
  const daemon = await DaemonUnderTest.create(build);
  return {
    driver: "embedded",
    root: daemon.root,
    client: daemon.client,
    address: daemon.address,
    daemon: async () => ({ proc: "/proc", pid: daemon.pid }),
    async killDaemon() {
      await daemon.kill();
      await daemon.start();
    },
    run: async (file, ...args) => (await execute(process.execPath, [join(repository, file), ...args])).stdout,
    daemonLog: async () => [],
    end: () => daemon.destroy(),
  };
}

async function systemdHost(name: string, build: UploadSource): Promise<SystemdHost> {
  const host = await BootingHost.create(name);
  try {
    await importBuild(host.client, build);
  } catch (error) {
    await host.end();
    throw error;
  }
  return {
    driver: "systemd",
    client: host.client,
    address: `unix:${host.path("/run/left4me/operator.sock")}`,
    sh: (script) => host.sh(script),
    daemon: async () => ({
      proc: host.path("/proc"),
      pid: Number(await host.sh("systemctl show -P MainPID left4me-hostd.service")),
    }),
    killDaemon: () => killHostd(host),
    run: (file, ...args) => host.sh(`${inHost.node} ${inGuest.repository}/${file} ${args.join(" ")}`),
    daemonLog: async () => [await host.daemonLog()],
    end: () => host.end(),
  };
}
