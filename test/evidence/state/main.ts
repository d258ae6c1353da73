/**
 * Lets life happen to 20 instances: calls of every kind, crashes, units that are started, stopped and killed by hand, and
 * the death of the daemon, all at random moments.
 *
 * Proves: whenever it is quiet, somebody who has been watching all the time, a list, and the one who really runs the games
 * (systemd; without it, the kernel) tell the same of every instance. And every refusal of a call is explained by what else
 * happened to its instance.
 */
import { createHostClient, DesiredState, type HostClient, WaitFor } from "../../../src/client/index.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { createEvidenceHost, type DriverName, type EvidenceHost, titleOf } from "../evidence-host.ts";
import { archiveOf } from "../power-cut/contents.ts";
import { Random } from "../random.ts";
import { InstanceHistory } from "./instance-history.ts";
import { type EventFigures, happen, planSalvo } from "./life-events.ts";
import { compareAtRest } from "./quiet-moment.ts";
import { WatchedTable } from "./watched-table.ts";

const names = Array.from({ length: 20 }, (_, index) => `state-${String(index + 1).padStart(2, "0")}`);
const firstPort = 27_500;
/** Events between two quiet moments. */
const salvo = { least: 5, most: 25 } as const;
/** So many problems of so many words are enough to find the defect. */
const mostProblems = 20;

/** `--rounds` is the number of events. */
export const state: Evidence = stateOn("systemd");
export const stateEmbedded: Evidence = stateOn("embedded");

function stateOn(driver: DriverName): Evidence {
  return {
    title: titleOf(driver, "life-cycle events, after which watch, list and whoever runs the games agree"),
    rounds: { short: 100, long: 2000 },
    async run(options) {
      const host = await createEvidenceHost(driver, "state", archiveOf("build", "one"));
      const watcher = createHostClient({ address: host.address });
      const end = new AbortController();
      try {
        return await liveOn(host, watcher, options, end.signal);
      } finally {
        end.abort();
        watcher.close();
        await host.end();
      }
    },
  };
}

async function liveOn(
  host: EvidenceHost,
  watcher: HostClient,
  { seed, rounds, log }: EvidenceOptions,
  signal: AbortSignal,
): Promise<EvidenceResult> {
  const random = new Random(seed);
  for (const [index, name] of names.entries()) await host.client.instances.initializeInstance({ name, spec: { port: firstPort + index } });
  const history = new InstanceHistory(names);
  const table = new WatchedTable(history);
  void table.watch(watcher, signal).catch((error: unknown) => {
    if (!signal.aborted) table.problems.push(`the watch ended: ${String(error)}`);
  });
  await Promise.all(names.map((name) => host.client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE })));
  const figures: EventFigures = { events: {}, refused: {}, refusedWith: {}, lost: 0, unexpected: [] };
  const problems: string[] = [];
  const settled: number[] = [];
  for (let done = 0; done < rounds && problems.length < mostProblems; ) {
    const size = Math.min(rounds - done, random.between(salvo.least, salvo.most));
    await happen(host, planSalvo(host.driver, names, size, random), history, figures);
    done += size;
    const { problems: found, settledMs } = await compareAtRest(host, names, table, history);
    problems.push(...found.map((problem) => `after ${done} events: ${problem}`));
    settled.push(settledMs);
    log(`${done} of ${rounds} events; ${problems.length} problems; ${await inWords(host)}`);
  }
  problems.push(...table.problems, ...figures.unexpected);
  if (problems.length > 0) problems.push(...(await host.daemonLog()));
  const { events, refused, refusedWith, lost } = figures;
  const watch = { changes: table.changes, resyncs: table.resyncs };
  const quietMoments = { count: settled.length, longestToAgreeMs: Math.max(0, ...settled) };
  return { problems, figures: { events, refused, refusedWith, lost, watch, quietMoments } };
}

/** What became of the instances, for a person who looks on. */
async function inWords({ client }: EvidenceHost): Promise<string> {
  const { instances } = await client.instances.listInstances({});
  const running = instances.filter(({ status }) => status?.activeState === "active").length;
  const failed = instances.filter(({ status }) => status?.activeState === "failed").length;
  const wished = instances.filter(({ desiredState }) => desiredState === DesiredState.RUNNING).length;
  return `${running} run, ${failed} have failed, ${wished} are wished to run`;
}
