import { writeFileSync } from "node:fs";
import { followInstall, type HostClient, type InstallJob } from "../../src/client/index.ts";
import type { BootingHost } from "../hosts/booting-host.ts";
import { steamBehaviour } from "../hosts/prepared-daemon.ts";

/** What the stand-in for SteamCMD is to do; standin/README.md has all of it. */
export type Steam = {
  readonly build_id?: string;
  readonly download_ms?: number;
  readonly big_files?: readonly { readonly path: string; readonly bytes: number }[];
  readonly files?: Readonly<Record<string, string | null>>;
  readonly failure?: string;
};

/** A file of the game that says which build it is of. */
export const buildFile = "left4dead2/scripts/build.txt";

/** Sets what Steam has from now on. The games of the host find their Node in the build. */
export function setSteam(host: BootingHost, steam: Steam): void {
  writeFileSync(host.path(steamBehaviour), JSON.stringify({ bin_node: true, ...steam }));
}

/** Installs, and answers the job's last state, good or bad. */
export async function installGame(client: HostClient, options: Parameters<typeof followInstall>[1] = {}): Promise<InstallJob> {
  let last: InstallJob | undefined;
  for await (const item of followInstall(client, { initialDelayMs: 50, ...options })) if (item.type === "job") last = item.job;
  if (last === undefined) throw new Error("nothing was told of the installation");
  return last;
}

/** A shell command that prints one SHA-256 over the files that a directory shows, but for those that a game writes. */
export function checksum(directory: string): string {
  const written = ["logs", "addons/sourcemod/data", "cfg"].map((path) => `! -path './left4dead2/${path}/*'`).join(" ");
  return `cd ${directory} && find . -type f ${written} -print0 | sort -z | xargs -0 sha256sum | sha256sum`;
}
