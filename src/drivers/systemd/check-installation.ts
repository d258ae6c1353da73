import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { HostError } from "../../domain/host-error.ts";
import { trialName } from "./choose-transport.ts";
import { isSystemdBooted, isSystemdHost } from "./is-systemd-host.ts";
import { runDirectory } from "./orders/run-directory.ts";
import { unavailable } from "./unavailable.ts";
import { hostUnitKinds, hostUnitName, unitKinds, unitName } from "./units/unit-names.ts";
import type { UnitWatch } from "./units/unit-watch.ts";

/** The root that units and helpers of root's know; another disk is mounted there. */
export const fixedRoot = "/var/lib/left4me";

/** What can be seen without the bus. @throws HostError DRIVER_UNAVAILABLE with the exact cure */
export function checkFiles(root: string): void {
  const problem = problemOf(root);
  if (problem !== undefined) throw problem;
}

function problemOf(root: string): HostError | undefined {
  if (!isSystemdBooted()) return unavailable("no-systemd", "PID 1 of this host is not systemd", "use --driver embedded");
  if (!isSystemdHost())
    return unavailable(
      "units-missing",
      `the units left4me-{${unitKinds.join(",")}}@ are not installed`,
      "install the package left4me-host, or run systemd/install.sh /",
    );
  if (root !== fixedRoot) return otherRoot(root);
  const { R_OK, W_OK, X_OK } = constants;
  const mounted = join(runDirectory, "mounted");
  if (!isUsable(mounted, R_OK | X_OK) || !isUsable(join(runDirectory, "install"), W_OK) || !isUsable(root, W_OK))
    return unavailable(
      "directories-missing",
      `${root} or ${runDirectory}, or what belongs into them, is missing or closed to this user`,
      "systemd-sysusers && systemd-tmpfiles --create, and run the daemon as left4me",
    );
  return undefined;
}

/** The error for a root that the units do not know; `auto` ends with it too, where the package is installed. */
export function otherRoot(root: string): HostError {
  return unavailable(
    "other-root",
    `the units know ${fixedRoot} and no other root, not ${root}`,
    `LEFT4ME_ROOT=${fixedRoot}, and mount another disk there; or --driver embedded`,
  );
}

/** A unit file that PID 1 has not read yet, or cannot. @throws HostError DRIVER_UNAVAILABLE */
export async function checkUnits(watch: UnitWatch): Promise<void> {
  for (const unit of [...unitKinds.map((kind) => unitName(kind, trialName)), ...hostUnitKinds.map(hostUnitName)]) {
    const state = await watch.manager.get(unit, "Unit", "LoadState");
    if (state === "loaded") continue;
    throw unavailable("units-not-loaded", `systemd says of ${unit}: ${String(state)}`, `systemctl daemon-reload; systemctl status ${unit}`);
  }
}

function isUsable(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
