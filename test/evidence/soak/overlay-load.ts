import { type HostClient, importOverlay } from "../../../src/client/index.ts";
import { type LoadReport, note } from "../kill-daemon/mixed-load.ts";
import { archiveOf, versions } from "../power-cut/contents.ts";
import type { Random } from "../random.ts";
import { whenReachable } from "../when-reachable.ts";
import { pause } from "./disturbances.ts";

const ref = "soak/overlay";
const expected = new Set(["SHUTTING_DOWN"]);

/** Imports and deletions of an overlay in two versions, until `signal` aborts. */
export async function loadOverlays(client: HostClient, random: Random, report: LoadReport, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const verb = random.pick(["import", "import", "delete"] as const);
    report.calls += 1;
    try {
      if (verb === "import") await importOverlay(client, ref, archiveOf("overlay", random.pick(versions)));
      else await client.host.deleteOverlay({ ref });
      report.answered += 1;
    } catch (error) {
      if (note(report, `${verb} of an overlay`, error, expected) === "lost") await whenReachable(client, signal);
    }
    await pause(random.between(0, 2000), signal);
  }
}
