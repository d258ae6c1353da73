import { type Finding, failing, fine, warning } from "../../../domain/finding.ts";
import { HostError } from "../../../domain/host-error.ts";
import type { Check } from "../../../host/diagnosis/check.ts";
import { checkHost } from "../check-host.ts";
import type { EmbeddedSettings } from "../embedded-options.ts";

/** Runs a trial game over a mount of its own, as at every start of the daemon; nothing of it is left. */
export function trialGame(settings: EmbeddedSettings): Check {
  return {
    name: "trial-game",
    async run() {
      // What this trial learns is not for the games that run.
      const quirks = { mountsProc: true };
      try {
        await checkHost({ ...settings, quirks });
      } catch (error) {
        return [refused(error)];
      }
      return [fine("trial-game", "a trial game ran in its namespaces over an overlay mount"), ownProc(quirks.mountsProc)];
    },
  };
}

function refused(error: unknown): Finding {
  if (!(error instanceof HostError)) throw error;
  const { problem = "unknown", cure = "" } = error.metadata;
  const message = error.message.replace(/\. Cure: [\s\S]*$/, "");
  return failing("trial-game", `${message} (${problem})`, cure === "" ? "see what the daemon says when it is started again" : cure);
}

function ownProc(mountsProc: boolean): Finding {
  if (mountsProc) return fine("own-proc", "games see their own processes only");
  return warning(
    "own-proc",
    "nobody may mount /proc here (a container masks parts of it): games see the numbers of other processes",
    "docker run --security-opt systempaths=unconfined …, or live with it: games can disturb nothing by that",
  );
}
