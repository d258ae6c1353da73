import { setTimeout as sleep } from "node:timers/promises";
import { createHostClient, type HostClient } from "../../../src/client/index.ts";
import type { Random } from "../random.ts";

/** What there is to be opened. */
export type StreamSubjects = {
  readonly address: string;
  /** An instance that prints all the time, and one with a long history and nothing new. */
  readonly talking: string;
  readonly silent: string;
  /** A place in the middle of the long history, and one of a watch. */
  readonly logCursor: string;
  readonly watchCursor: string;
};

const kinds = ["followed log", "history", "resumed log", "watch", "resumed watch"] as const;
type Kind = (typeof kinds)[number];

const endings = ["at once", "before the first message", "after some messages", "in mid-batch", "while it is not read"] as const;
type Ending = (typeof endings)[number];

/** No stream lasts longer, in milliseconds. */
const longestMs = 1000;

/** How many streams were opened and how they ended; what went wrong with others than by our will. */
export type StreamFigures = {
  readonly opened: Record<string, number>;
  readonly ended: Record<string, number>;
  readonly failures: string[];
};

/** A stream that is to be cancelled, as an iterable of what only its batches matter of. */
type Opened = AsyncIterable<{ readonly event: { readonly case: string | undefined; readonly value?: unknown } }>;

/**
 * Opens so many streams and cancels each; several at a time share a connection, which is sometimes closed under them.
 *
 * @param most streams at a time on one connection
 */
export async function openAndCancel(
  subjects: StreamSubjects,
  count: number,
  most: number,
  random: Random,
  figures: StreamFigures,
): Promise<void> {
  let client = createHostClient({ address: subjects.address });
  for (let left = count; left > 0; ) {
    const size = Math.min(left, random.between(1, most));
    left -= size;
    const plans = Array.from({ length: size }, () => ({
      kind: random.pick(kinds),
      ending: random.pick(endings),
      patienceMs: random.between(0, 30),
      messages: random.between(1, 4),
    }));
    const isConnectionLost = random.next() < 0.1;
    const closing = new AbortController();
    const streams = plans.map((plan) => openOne(client, subjects, plan, closing.signal, figures));
    if (isConnectionLost) {
      await sleep(random.between(0, 30));
      closing.abort();
      client.close();
      figures.ended["connection closed"] = (figures.ended["connection closed"] ?? 0) + size;
      client = createHostClient({ address: subjects.address });
    }
    await Promise.all(streams);
  }
  client.close();
}

type StreamPlan = { readonly kind: Kind; readonly ending: Ending; readonly patienceMs: number; readonly messages: number };

async function openOne(
  client: HostClient,
  subjects: StreamSubjects,
  { kind, ending, patienceMs, messages }: StreamPlan,
  closing: AbortSignal,
  figures: StreamFigures,
): Promise<void> {
  figures.opened[kind] = (figures.opened[kind] ?? 0) + 1;
  const cancel = new AbortController();
  const stream = open(client, subjects, kind, cancel.signal);
  // Some wait for messages that never come.
  const timer = setTimeout(() => cancel.abort(), ending === "before the first message" ? patienceMs : longestMs);
  try {
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    if (ending === "at once") cancel.abort();
    await first;
    for (let read = 1; read < messages && ending !== "while it is not read"; read += 1) {
      const next = await iterator.next();
      if (next.done === true) break;
      if (ending === "in mid-batch" && next.value.event.case === "batch") break;
    }
    if (ending === "while it is not read") await sleep(10 * patienceMs, undefined, { signal: closing }).catch(() => undefined);
  } catch (error) {
    if (!cancel.signal.aborted && !closing.aborted) figures.failures.push(`${kind}, cancelled ${ending}: ${String(error)}`);
  } finally {
    clearTimeout(timer);
    cancel.abort();
  }
  if (!closing.aborted) figures.ended[ending] = (figures.ended[ending] ?? 0) + 1;
}

function open(client: HostClient, subjects: StreamSubjects, kind: Kind, signal: AbortSignal): Opened {
  const { talking, silent, logCursor, watchCursor } = subjects;
  switch (kind) {
    case "followed log":
      return client.logs.streamLogs({ name: talking, follow: true, lines: 50 }, { signal });
    case "history":
      return client.logs.streamLogs({ name: silent, lines: 100_000 }, { signal });
    case "resumed log":
      return client.logs.streamLogs({ name: silent, follow: true, start: { case: "afterCursor", value: logCursor } }, { signal });
    case "watch":
      return client.instances.watchInstances({}, { signal });
    case "resumed watch":
      return client.instances.watchInstances({ afterCursor: watchCursor }, { signal });
  }
}
