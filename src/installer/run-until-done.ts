import { setTimeout as pause } from "node:timers/promises";
import type { InstallContext } from "./install-context.ts";
import type { InstallationFailed } from "./installation-failed.ts";
import { isPassing, judgeRun } from "./judge-run.ts";
import type { Installation } from "./run-script.ts";
import { runSteamcmd } from "./run-steamcmd.ts";

/** The pauses before further tries, as multiples of the setting. */
const pauses = [1, 4, 12];
/** So often SteamCMD may update itself; more would be a circle. */
const mostRestarts = 3;

/**
 * Runs SteamCMD until it has done what it is to do, with a few further tries for what passes by itself.
 *
 * @throws InstallationFailed what the last try failed with; what {@link runSteamcmd} throws
 */
export async function runUntilDone(context: InstallContext, installation: Installation | undefined): Promise<void> {
  let restarts = 0;
  for (let tries = 1; ; ) {
    const report = await runSteamcmd(context, installation);
    const verdict = judgeRun(context, installation, report, tries);
    if (verdict === "done") return;
    if (verdict === "run-again") {
      restarts += 1;
      if (restarts > mostRestarts) throw new Error(`SteamCMD has updated itself ${restarts} times in a row`);
      context.outbox.note("SteamCMD has updated itself; it is run again");
      continue;
    }
    await waitBefore(context, verdict, tries);
    tries += 1;
  }
}

/** @throws InstallationFailed this failure, when a further try makes no sense */
async function waitBefore({ settings, outbox, signal }: InstallContext, failed: InstallationFailed, tries: number): Promise<void> {
  const factor = pauses[tries - 1];
  if (factor === undefined || !isPassing(failed)) throw failed;
  const waitMs = factor * settings.retryMs;
  outbox.note(`${failed.message}; try ${tries + 1} of ${pauses.length + 1} follows in ${waitMs / 1000} s`);
  await pause(waitMs, undefined, { signal });
}
