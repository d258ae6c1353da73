import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { type Finding, failing, fine } from "../../../domain/finding.ts";
import type { Check } from "../../../host/diagnosis/check.ts";
import type { SystemdManager } from "../bus/systemd-manager.ts";
import type { Transport } from "../choose-transport.ts";
import { namespaceDirectory } from "../journal/source/namespace-directory.ts";

const journald = "systemd-journald@left4me.service";

/** Whether the logs of games are written, and can be read. By sudo they are read by root. */
export function journalNamespace(
  transport: Transport,
  manager: () => Pick<SystemdManager, "get">,
  directory = () => namespaceDirectory().path,
): Check {
  return {
    name: "journal",
    run: async () => [await writes(manager()), ...(transport === "sudo" ? [] : [await reads(directory())])],
  };
}

async function writes(manager: Pick<SystemdManager, "get">): Promise<Finding> {
  const [loaded, active] = await Promise.all(["LoadState", "ActiveState"].map((name) => manager.get(journald, "Unit", name)));
  if (loaded === "masked") return failing("journal", `${journald} is masked: games have no log`, `sudo systemctl unmask ${journald}`);
  if (loaded !== "loaded" || active === "failed")
    return failing(
      "journal",
      `${journald} is ${String(loaded)} and ${String(active)}: games have no log`,
      `sudo systemctl reset-failed systemd-journald@left4me.service systemd-journald@left4me.socket; sudo systemctl start systemd-journald@left4me.socket; systemctl status ${journald}`,
    );
  return fine("journal", "the journal of games is there"); // inactive: it comes with the first line
}

async function reads(directory: string): Promise<Finding> {
  try {
    await access(directory, constants.R_OK | constants.X_OK);
    return fine("journal-readable", `the daemon can read ${directory}`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    const found = `the daemon cannot read the logs of games: ${directory} (${code})`;
    return failing(
      "journal-readable",
      found,
      "sudo systemd-tmpfiles --create left4me.conf && sudo systemctl restart left4me-hostd.service",
    );
  }
}
