import { type Finding, failing, fine } from "../../../domain/finding.ts";
import { hostLayout } from "../../../domain/host-layout.ts";
import { type Check, runChecks } from "../../../host/diagnosis/check.ts";
import { steamcmd } from "../../../host/diagnosis/steamcmd.ts";
import type { SystemdManager } from "../bus/systemd-manager.ts";
import { fixedRoot } from "../check-installation.ts";
import type { Transport } from "../choose-transport.ts";
import { accountList } from "./account-list.ts";
import { authorisation } from "./authorisation.ts";
import { directoryModes } from "./directory-modes.ts";
import { helperFiles } from "./helper-files.ts";
import { journalNamespace } from "./journal-namespace.ts";
import { namespaces } from "./namespaces.ts";
import { overlayModule } from "./overlay-module.ts";
import { packageFiles } from "./package-files.ts";
import { steamcmdSearch } from "./steamcmd-search.ts";
import { unitFiles } from "./unit-files.ts";
import { upperFileSystem } from "./upper-file-system.ts";

/**
 * What the privileged side of a production host looks like from the daemon.
 *
 * @param manager throws DRIVER_UNAVAILABLE while the bus is away
 */
export async function diagnose(transport: Transport, manager: () => SystemdManager, signal: AbortSignal): Promise<Finding[]> {
  const found = await runChecks(
    [
      bus(manager),
      helperFiles(),
      accountList(),
      directoryModes(),
      packageFiles(),
      namespaces(),
      overlayModule(),
      upperFileSystem(hostLayout(fixedRoot).runtime),
      steamcmd(steamcmdSearch),
    ],
    signal,
  );
  // Of a bus that is away one finding tells enough.
  if (found.some(({ check, severity }) => check === "dbus" && severity === "ERROR")) return found;
  const asked = [unitFiles(manager), authorisation(transport, manager), journalNamespace(transport, manager)];
  return [...found, ...(await runChecks(asked, signal))];
}

/** Whether PID 1 answers by D-Bus. */
function bus(manager: () => Pick<SystemdManager, "barrier">): Check {
  return {
    name: "dbus",
    async run() {
      try {
        await manager().barrier();
        return [fine("dbus", "PID 1 answers by D-Bus")];
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        return [
          failing(
            "dbus",
            `PID 1 does not answer by D-Bus: ${said}`,
            "sudo systemctl start dbus.socket dbus.service; systemctl status dbus.service",
          ),
        ];
      }
    },
  };
}
