import { access } from "node:fs/promises";
import { type Finding, failing, fine } from "../../../domain/finding.ts";
import { HostError } from "../../../domain/host-error.ts";
import type { Check } from "../../../host/diagnosis/check.ts";
import type { SystemdManager } from "../bus/systemd-manager.ts";
import { untilAnswered } from "../bus/until-answered.ts";
import { type Transport, trialName } from "../choose-transport.ts";
import { isDenied } from "../units/dbus-orders.ts";
import { sudoHelper } from "../units/sudo-orders.ts";
import { unitName } from "../units/unit-names.ts";

const rules = "/usr/share/polkit-1/rules.d/50-left4me.rules";
/** So long a polkit that is being restarted is waited for, in milliseconds: a check must have ended after 4 s. */
const withinMs = 2000;

/** Whether PID 1 takes orders of the daemon: asks for a reset of failures that no unit has, which changes nothing. */
export function authorisation(transport: Transport, manager: () => Pick<SystemdManager, "tryResetFailed">): Check {
  return transport === "sudo" ? { name: "sudo", run: asksSudo } : { name: "polkit", run: () => asksPolkit(manager()) };
}

async function asksPolkit(manager: Pick<SystemdManager, "tryResetFailed">): Promise<Finding[]> {
  try {
    await untilAnswered(() => manager.tryResetFailed(unitName("server", trialName)), withinMs);
    return [fine("polkit", "polkit lets the daemon start and stop games")];
  } catch (error) {
    if (!isDenied(error)) throw error;
    const said = error instanceof Error ? error.message : String(error);
    return [failing("polkit", `polkit does not let the daemon start and stop games: ${said}`, await polkitCure())];
  }
}

async function polkitCure(): Promise<string> {
  const code = await access(rules).then(
    () => "",
    (error: NodeJS.ErrnoException) => error.code ?? "",
  );
  if (code === "ENOENT")
    return `${rules} is missing: sudo apt-get install --reinstall left4me-host && sudo systemctl restart polkit.service`;
  return "sudo systemctl restart polkit.service; what it says: journalctl -u polkit.service -n 20";
}

async function asksSudo(): Promise<Finding[]> {
  try {
    await sudoHelper("reset-failed", trialName, 3500);
    return [fine("sudo", "sudo lets the daemon start and stop games")];
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const { cure } = error.metadata;
    const found = `sudo does not let the daemon start and stop games: ${error.metadata["stderr"] || error.message}`;
    return [failing("sudo", found, cure ?? "see what sudo says: sudo -u left4me sudo -n -l")];
  }
}
