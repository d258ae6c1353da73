import { type Finding, fine, warning } from "../../domain/finding.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import type { DriverInfo } from "../driver.ts";
import { walkTree } from "../files/walk-tree.ts";
import { closedToGame } from "../layers/overlay-modes.ts";
import type { OverlayStore } from "../overlays/overlay-store.ts";
import type { Check } from "./check.ts";

/** So many entries of all overlays together are looked at. */
const mostEntries = 50_000;

/** Whether games can read and write the overlays that were put there by hand. */
export function overlayRights(layout: HostLayout, overlays: Pick<OverlayStore, "list">, info: DriverInfo): Check {
  return {
    name: "overlay-modes",
    async run(signal) {
      const budget = { left: mostEntries };
      const byHand = (await overlays.list()).filter(({ mutable }) => mutable);
      const findings: Finding[] = [];
      for (const { ref } of byHand) findings.push(...(await lookAt(layout.overlay(ref), ref, info, { budget, signal })));
      if (findings.length > 0) return findings;
      const seen = budget.left > 0 ? "" : `, as far as their first ${mostEntries} files tell`;
      return [fine("overlay-modes", `games can read and write the ${byHand.length} overlays that were put there by hand${seen}`)];
    },
  };
}

async function lookAt(directory: string, ref: string, info: DriverInfo, limits: Parameters<typeof walkTree>[1]): Promise<Finding[]> {
  const closed = closedToGame(directory, info);
  const end = await walkTree(directory, limits, (entry) => closed.see(entry));
  if (end === "refused") return [warning("overlay-modes", `the host cannot read the overlay "${ref}"`, closed.repair)];
  if (closed.examples.count === 0) return [];
  return [warning("overlay-modes", `games cannot read or write ${closed.examples} of the overlay "${ref}"`, closed.repair)];
}
