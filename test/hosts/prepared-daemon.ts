import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bind, down, exec, sh } from "./host.ts";
import { inHost, prepareHost } from "./prepared-host.ts";

const repository = join(import.meta.dirname, "../..");
/** Where a host sees the bundle of the daemon, and this repository. */
export const inGuest = { daemon: "/opt/left4me/daemon", repository: "/opt/left4me/repository" } as const;

/** Where the daemon listens in the host. */
export const operatorSocket = "unix:/run/left4me/operator.sock";

/** A host on which the daemon runs as its package would have it. */
export type DaemonHost = {
  readonly name: string;
  /** Runs l4d2ctl as root in the host. @returns its standard output */
  ctl(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Runs the conformance suite in the host, whose ports it binds. @returns the exit code, and what it printed */
  conformance(...args: readonly string[]): Promise<{ code: number; stdout: string }>;
  /** Takes the host down. */
  end(): Promise<void>;
};

/**
 * Boots a fresh host with left4me-hostd.service, the bundle of this source, by one transport.
 *
 * @param more directories that the host sees besides
 */
export async function prepareDaemon(name: string, transport: "dbus" | "sudo", more: readonly Bind[] = []): Promise<DaemonHost> {
  const built = mkdtempSync(join(tmpdir(), "left4me-hosts-"));
  execFileSync(process.execPath, ["scripts/build.ts", "--out", join(built, "dist")], {
    cwd: repository,
    stdio: ["ignore", "ignore", "inherit"],
  });
  await prepareHost(name, [
    { source: join(built, "dist/bundle"), target: inGuest.daemon },
    { source: repository, target: inGuest.repository },
    ...more,
  ]);
  await sh(
    name,
    `printf '#!/bin/sh\\nexec ${inHost.node} ${inGuest.daemon}/left4me-hostd.js "$@"\\n' >/usr/bin/left4me-hostd
     if [[ ${transport} == sudo ]]; then
       mkdir -p /etc/systemd/system/left4me-hostd.service.d
       cp /usr/share/left4me-host/sudo-transport.conf /etc/systemd/system/left4me-hostd.service.d/
       systemctl daemon-reload
     fi
     systemctl start left4me-hostd.service`,
  );
  const run = (script: string, args: readonly string[]) => exec(name, [inHost.node, script, ...args]);
  return {
    name,
    ctl: (...args) => run(`${inGuest.daemon}/l4d2ctl.js`, ["--address", operatorSocket, ...args]),
    conformance: (...args) =>
      run(`${inGuest.repository}/test/conformance/main.ts`, ["--address", operatorSocket, "--node-binary", inHost.node, ...args]),
    end: async () => {
      await down(name);
      rmSync(built, { recursive: true, force: true });
    },
  };
}
