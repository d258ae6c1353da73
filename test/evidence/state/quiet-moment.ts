import { setTimeout as sleep } from "node:timers/promises";
import type { Instance } from "../../../src/client/index.ts";
import type { EvidenceHost } from "../evidence-host.ts";
import { disagreements } from "./disagreement.ts";
import type { InstanceHistory } from "./instance-history.ts";
import { type RealStates, realStates } from "./real-state.ts";
import type { WatchedTable } from "./watched-table.ts";

/** How long a host may be busy with what has been asked of it. Restarts of a crash loop take up to half a minute. */
const quietMs = 120_000;
/** How long the news of the last change may be on its way once nothing moves any more. */
const settleMs = 60_000;

/** What one moment looks like from all sides. */
type Moment = { readonly listed: ReadonlyMap<string, Instance>; readonly real: RealStates; readonly isQuiet: boolean };

/**
 * Waits until nothing moves, and compares. Only what persists while the real state stands still is a disagreement.
 *
 * @returns what was wrong, each with the instance's history; and how long the agreement took from the first quiet look
 */
export async function compareAtRest(
  host: EvidenceHost,
  names: readonly string[],
  table: WatchedTable,
  history: InstanceHistory,
): Promise<{ readonly problems: string[]; readonly settledMs: number }> {
  const began = Date.now();
  let quietSince: number | undefined;
  for (;;) {
    const { listed, real, isQuiet } = await look(host, names);
    const now = Date.now();
    quietSince = isQuiet ? (quietSince ?? now) : undefined;
    const found = names.flatMap((name) => {
      const differences = disagreements({ watched: table.instances.get(name), listed: listed.get(name), real: real.get(name) });
      return differences.length === 0 ? [] : [`${name}: ${differences.join("; ")}\n${history.of(name)}`];
    });
    if (isQuiet && table.isSynced && found.length === 0) return { problems: [], settledMs: now - (quietSince ?? now) };
    if (quietSince !== undefined && now - quietSince > settleMs)
      return { problems: table.isSynced ? found : ["the watch is not complete", ...found], settledMs: now - quietSince };
    if (now - began > quietMs) return { problems: [`it is not quiet after ${quietMs / 1000} s`, ...found], settledMs: now - began };
    await sleep(100);
  }
}

/** A list between two looks at what really runs: it is a quiet moment only when these two are equal. */
async function look(host: EvidenceHost, names: readonly string[]): Promise<Moment> {
  const before = await realStates(host, names);
  const { instances } = await host.client.instances.listInstances({});
  const real = await realStates(host, names);
  const isSame = JSON.stringify([...before]) === JSON.stringify([...real]);
  const isMoving = [...real.values()].some((state) => state.isMoving);
  const isHeld = instances.some(({ status }) => status?.operation !== undefined);
  return { listed: new Map(instances.map((instance) => [instance.name, instance])), real, isQuiet: isSame && !isMoving && !isHeld };
}
