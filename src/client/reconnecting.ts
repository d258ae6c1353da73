import { setTimeout as sleep } from "node:timers/promises";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { HostClient } from "./host-client.ts";
import { asHostFailure, type HostFailure } from "./host-failure.ts";

/** Options of every stream that reconnects by itself. */
export type ReconnectOptions = {
  /** Ends the stream, without an error. */
  readonly signal?: AbortSignal;
  /** Also goes on trying when the very first connection fails. Default: false, so that a wrong address is noticed. */
  readonly retryFirst?: boolean;
  /** Delay before the first new attempt, in milliseconds; it doubles with each further one. Default: 200. */
  readonly initialDelayMs?: number;
  /** Longest delay, in milliseconds. Default: 10 000. Each delay is shortened by up to a half at random. */
  readonly maximumDelayMs?: number;
  /** How long the host may take to open the stream, in milliseconds. Default: 15 000. */
  readonly openTimeoutMs?: number;
  /** Told before each new attempt: why, the how manieth since the stream last worked (from 1), and the delay. */
  readonly onReconnect?: (event: { readonly error: unknown; readonly attempt: number; readonly delayMs: number }) => void;
  /** Told when the stream works again after `onReconnect`: the host has said something. */
  readonly onReconnected?: () => void;
};

/** A stream to be kept up. */
export type ReconnectPlan<Message> = {
  readonly client: Pick<HostClient, "replaceConnection">;
  /** Opens the stream where the consumer has got to. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Message>;
  /** The interval that an opening message promises. */
  readonly heartbeat: (message: Message) => Duration | undefined;
  /** Whether the stream has nothing more to give when the host ends it with OK. */
  readonly isComplete: () => boolean;
};

/** Without a promise of the host: silence that is taken for death, in milliseconds. */
const unpromisedSilence = 60_000;

/**
 * Yields a stream's messages and opens it again when it breaks, falls silent, or the host drains.
 *
 * Ends when the signal aborts or when the stream is complete. Throws what trying again cannot cure.
 */
export async function* reconnecting<Message>(
  plan: ReconnectPlan<Message>,
  options: ReconnectOptions,
): AsyncGenerator<Message, void, undefined> {
  const { signal } = options;
  const isAborted = () => signal?.aborted === true;
  let opened = options.retryFirst === true;
  let isLost = false;
  for (let attempt = 0; !isAborted(); ) {
    let error: unknown;
    try {
      for await (const message of attentive(plan, options)) {
        opened = true;
        attempt = 0;
        if (isLost) options.onReconnected?.();
        isLost = false;
        yield message;
      }
      if (plan.isComplete()) return;
    } catch (caught) {
      if (isAborted()) return;
      if (!opened || !isTransient(caught)) throw caught;
      error = caught;
    }
    attempt += 1;
    const delayMs = backOff(attempt, options);
    isLost = true;
    options.onReconnect?.({ error, attempt, delayMs });
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** One attempt: cancelled when nothing comes for as long as the host promised to be heard. */
async function* attentive<Message>(plan: ReconnectPlan<Message>, options: ReconnectOptions): AsyncGenerator<Message, void, undefined> {
  const attempt = new AbortController();
  const stream = plan.open(options.signal === undefined ? attempt.signal : AbortSignal.any([options.signal, attempt.signal]));
  const iterator = stream[Symbol.asyncIterator]();
  let silence = options.openTimeoutMs ?? 15_000;
  let isFirst = true;
  try {
    for (;;) {
      const next = await nextWithin(iterator, silence, () => {
        plan.client.replaceConnection();
        attempt.abort();
      });
      if (next.done === true) return;
      if (isFirst) silence = silenceLimit(plan.heartbeat(next.value));
      isFirst = false;
      yield next.value;
    }
  } finally {
    attempt.abort();
  }
}

/** The time that the consumer takes between two messages is no silence of the host: only waiting counts. */
async function nextWithin<Message>(
  iterator: AsyncIterator<Message>,
  limitMs: number,
  onSilence: () => void,
): Promise<IteratorResult<Message>> {
  let isSilent = false;
  const timer = setTimeout(() => {
    isSilent = true;
    onSilence();
  }, limitMs);
  try {
    return await iterator.next();
  } catch (error) {
    if (isSilent)
      throw new ConnectError(`nothing was heard from the host for ${limitMs} ms`, Code.Unavailable, undefined, undefined, error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function silenceLimit(interval: Duration | undefined): number {
  const intervalMs = interval === undefined ? 0 : Number(interval.seconds) * 1000 + interval.nanos / 1e6;
  return intervalMs > 0 ? Math.ceil(3 * intervalMs) : unpromisedSilence;
}

function backOff(attempt: number, options: ReconnectOptions): number {
  const full = Math.min(options.maximumDelayMs ?? 10_000, (options.initialDelayMs ?? 200) * 2 ** Math.min(attempt - 1, 20));
  return Math.ceil(full * (0.5 + Math.random() / 2));
}

/** What trying again may cure: the host drains or is full, or the connection broke (whatever code that came out as). */
function isTransient(error: unknown): boolean {
  const failure = asHostFailure(error);
  if (failure !== undefined) return failure.code === "UNAVAILABLE" || passingReasons.has(failure.reason);
  return error instanceof ConnectError && transientCodes.has(error.code);
}

/** A host that has no room at the moment. */
const passingReasons: ReadonlySet<HostFailure["reason"]> = new Set(["TOO_MANY_STREAMS", "TOO_MANY_FILES"]);

const transientCodes: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.Aborted,
  Code.Canceled,
  Code.Internal,
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
]);
