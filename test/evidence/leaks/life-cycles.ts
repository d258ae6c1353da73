import { setTimeout as sleep } from "node:timers/promises";
import { WaitFor } from "../../../src/client/index.ts";
import type { EvidenceHost } from "../evidence-host.ts";
import { processFigures } from "./process-figures.ts";

const name = "life-cycles";
/** So many more may be left: it is looked until there are no more than that. */
const mostMore = 5;
/** How long it is looked at the least, and at the most: the daemon may take that long to close what it is done with. Milliseconds. */
const lookMs = { least: 3000, most: 60_000 };

/**
 * Lets an instance live from its first call to its deletion, again and again, with a reader of its log and a watch.
 *
 * @returns how many descriptors the daemon has after each; the first one is before
 */
export async function descriptorsAfterLives(host: EvidenceHost, lives: number, port: number): Promise<number[]> {
  await live(host, port); // what is loaded and opened at the first use, stays
  const base = await descriptors(host);
  const counts = [base];
  for (let life = 0; life < lives; life += 1) {
    await live(host, port);
    counts.push(await descriptors(host, base + mostMore));
  }
  return counts;
}

async function live({ client }: EvidenceHost, port: number): Promise<void> {
  const { instances, logs } = client;
  const end = new AbortController();
  const wrote = Promise.withResolvers<void>();
  await instances.initializeInstance({ name, spec: { port } });
  const reading = Promise.allSettled([
    read(logs.streamLogs({ name, follow: true }, { signal: end.signal }), ({ event }) => {
      if (event.case === "batch" && event.value.entries.some(({ message }) => message === "ready")) wrote.resolve();
    }),
    read(instances.watchInstances({}, { signal: end.signal })),
  ]);
  const waitFor = WaitFor.ACTIVE;
  await instances.startInstance({ name, waitFor });
  await instances.restartInstance({ name, waitFor });
  await wrote.promise; // else there is nothing to archive
  const { archiveId } = await instances.resetInstance({ name, archive: true });
  await instances.restoreArchive({ name, archiveId });
  await instances.startInstance({ name, waitFor });
  await instances.stopInstance({ name });
  end.abort();
  await reading;
  await instances.deleteInstance({ name });
}

async function read<Message>(stream: AsyncIterable<Message>, take?: (message: Message) => void): Promise<void> {
  for await (const message of stream) take?.(message);
}

/** The least of several looks: a program that is just being run has its pipes. */
async function descriptors(host: EvidenceHost, enough = Number.POSITIVE_INFINITY): Promise<number> {
  const { proc, pid } = await host.daemon();
  let least = Number.POSITIVE_INFINITY;
  for (const began = Date.now(); ; await sleep(250)) {
    least = Math.min(least, (await processFigures(proc, pid)).descriptors);
    const elapsed = Date.now() - began;
    if (elapsed > lookMs.most || (elapsed > lookMs.least && least <= enough)) return least;
  }
}
