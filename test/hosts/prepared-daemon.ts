import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Bind, down, exec, sh } from "./host.ts";
import { inHost, prepareHost } from "./prepared-host.ts";

const repository = join(import.meta.dirname, "../..");
/** Where a host sees the bundle of the daemon, and this repository. */
export const inGuest = { daemon: "/opt/left4me/daemon", repository: "/opt/left4me/repository" } as const;

/** Where the daemon listens in the host. */
export const operatorSocket = "unix:/run/left4me/operator.sock";

/** What Steam has, as the stand-in for SteamCMD reads it in the host; as the installer, to whom /etc/left4me is closed. */
export const steamBehaviour = "/etc/steam-behaviour.json";

const installEnvironment = `PATH=${dirname(inHost.node)}:/usr/bin:/bin
LEFT4ME_STEAMCMD=${inGuest.repository}/standin/steamcmd/steamcmd.sh
LEFT4ME_SIM_STEAMCMD=${steamBehaviour}
LEFT4ME_INSTALL_MIN_FREE=200000000`;

/** A host on which the daemon runs as its package would have it. */
export type DaemonHost = {
  readonly name: string;
  /** Runs l4d2ctl as root in the host. @returns its standard output */
  ctl(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }>;
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
     # The installer runs from where the package has it; what it finds for SteamCMD is the stand-in.
     mkdir -p /usr/lib/left4me-host/dist /etc/left4me
     ln -sfn ${inHost.node} /usr/lib/left4me-host/node
     ln -sfn ${inGuest.daemon} /usr/lib/left4me-host/dist/bundle
     cat >/etc/left4me/install.env <<'END'
${installEnvironment}
END
     printf '{"bin_node":true}' >${steamBehaviour}
     if [[ ${transport} == sudo ]]; then
       mkdir -p /etc/systemd/system/left4me-hostd.service.d
       cp /usr/share/left4me-host/sudo-transport.conf /etc/systemd/system/left4me-hostd.service.d/
       systemctl daemon-reload
     fi
     systemctl start left4me-hostd.service`,
  );
  return {
    name,
    ctl: (...args) => exec(name, [inHost.node, `${inGuest.daemon}/l4d2ctl.js`, "--address", operatorSocket, ...args]),
    end: async () => {
      await down(name);
      rmSync(built, { recursive: true, force: true });
    },
  };
}
