import { instanceNotFound, invalidRequest, invocationNotFound, shuttingDown } from "../../domain/failures.ts";
import { HostError } from "../../domain/host-error.ts";
import { batchLimits, type LogEntry, type LogPiece, type LogStart } from "../../domain/log-entry.ts";
import type { LogEvent, LogRequest } from "../api.ts";
import type { RuntimeIdentity } from "../driver.ts";
import type { HostContext } from "../host-context.ts";
import { identityOf } from "../instances/instance-entry.ts";
import { logCursors } from "./cursor.ts";

/** Bytes of one message at the most. */
const messageBytes = 1024 * 1024;
const defaultLines = 200;
const mostLines = 100_000;

type Cursors = ReturnType<typeof logCursors>;
type Plan = {
  readonly identity: RuntimeIdentity;
  readonly start: LogStart;
  /** Behind which the stream starts; undefined where history was asked for. */
  readonly cursor?: string;
  readonly replaced: boolean;
};

/** The log of an instance as the contract describes it. See LogService.StreamLogs. */
export async function* followLog(context: HostContext, request: LogRequest, signal: AbortSignal): AsyncGenerator<LogEvent> {
  const cursors = logCursors({ hostId: context.hostId, driver: context.driver.info.name, name: request.name });
  const plan = await planLog(context, request, cursors);
  const { identity } = plan;
  const hello = plan.cursor ?? "";
  yield { type: "hello", hostId: context.hostId, uid: identity.uid, cursor: hello, heartbeatSeconds: context.heartbeatSeconds };
  if (plan.replaced) yield { type: "gap", reason: "INSTANCE_REPLACED", cursor: hello };
  const until = AbortSignal.any([signal, context.closing]);
  // Whoever read slowly until here may find the instance gone; its log must not be begun anew.
  if (context.registry.find(request.name)?.record.uid !== identity.uid) throw instanceNotFound(request.name);
  // Where a stream that has told nothing yet resumes. Asked for now: what comes later it will tell.
  const begun = Promise.resolve(plan.cursor ?? beginningOf(context, identity, cursors));
  begun.catch(() => {}); // a heartbeat tells
  let cursor: string | undefined;
  const pieces = context.driver.logs(identity, plan.start, request.follow, until);
  for await (const piece of context.pacer.pace(limitedTo(request, pieces), context.heartbeatSeconds, until)) {
    if (piece === "heartbeat") yield { type: "heartbeat", cursor: cursor ?? (await begun), time: new Date() };
    else {
      for (const event of eventsOf(piece, identity.uid, cursors)) {
        cursor = event.type === "batch" ? (event.entries.at(-1)?.cursor ?? cursor) : event.cursor;
        yield event;
      }
    }
  }
  tellWhyItEnded(context, request, signal);
}

/** A followed log ends when the caller leaves, the host closes, or the driver removes the instance. */
function tellWhyItEnded(context: HostContext, { name, follow, invocationId }: LogRequest, signal: AbortSignal): void {
  if (signal.aborted) return;
  if (context.closing.aborted) throw shuttingDown();
  if (follow && invocationId === undefined) throw instanceNotFound(name);
}

async function planLog(context: HostContext, request: LogRequest, cursors: Cursors): Promise<Plan> {
  const identity = identityOf(context.registry.entry(request.name));
  if (request.afterCursor !== undefined) return resume(identity, request.afterCursor, cursors);
  const start = historyOf(request);
  if (start.lines !== 0 || start.invocationId !== undefined) return { identity, start, replaced: false };
  // The contract wants the cursor in the hello, which waits for it.
  return resume(identity, await endOf(context, identity, cursors), cursors);
}

async function endOf({ driver }: HostContext, identity: RuntimeIdentity, cursors: Cursors): Promise<string> {
  return cursors.encode({ uid: identity.uid, position: await driver.logEnd(identity) });
}

/** Behind which nothing stands yet; "" where something does: the history that was asked for is still to be told. */
async function beginningOf({ driver }: HostContext, identity: RuntimeIdentity, cursors: Cursors): Promise<string> {
  const position = await driver.logEnd(identity);
  return position === "" ? cursors.encode({ uid: identity.uid, position }) : "";
}

function resume(identity: RuntimeIdentity, token: string, cursors: Cursors): Plan {
  const { uid, position } = cursors.decode(token);
  if (uid === identity.uid) return { identity, start: { type: "position", position }, cursor: token, replaced: false };
  const cursor = cursors.encode({ uid: identity.uid, position: "" });
  return { identity, start: { type: "position", position: "" }, cursor, replaced: true };
}

function historyOf({ lines, since, invocationId }: LogRequest): LogStart & { type: "history" } {
  if (lines !== undefined && lines > mostLines) throw invalidRequest("lines", `is ${lines}; at most ${mostLines}`);
  const selects = since !== undefined || invocationId !== undefined;
  return {
    type: "history",
    lines: lines ?? (selects ? Number.MAX_SAFE_INTEGER : defaultLines),
    ...(since === undefined ? {} : { since }),
    ...(invocationId === undefined ? {} : { invocationId }),
  };
}

/** With an invocation the stream ends with it. */
async function* limitedTo({ name, invocationId, follow }: LogRequest, pieces: AsyncIterable<LogPiece>): AsyncGenerator<LogPiece> {
  const isOver = (entry: LogEntry) => entry.invocationId === invocationId && entry.event === "EXITED";
  try {
    for await (const piece of pieces) {
      const isEnd = follow && invocationId !== undefined && piece.type === "batch" && piece.entries.some(isOver);
      yield isEnd ? { ...piece, isLatest: false } : piece;
      if (isEnd) return;
    }
  } catch (error) {
    if (invocationId === undefined || !(error instanceof HostError) || error.reason !== "INVOCATION_NOT_FOUND") throw error;
    throw invocationNotFound(name, invocationId);
  }
}

function* eventsOf(piece: LogPiece, uid: string, cursors: Cursors): Generator<Extract<LogEvent, { type: "batch" | "gap" }>> {
  if (piece.type === "gap") {
    const { position, type, reason, lost } = piece;
    yield { type, reason, cursor: cursors.encode({ uid, position }), ...(lost === undefined ? {} : { lost }) };
    return;
  }
  for (const entries of batchesOf(piece.entries)) {
    yield { type: "batch", entries: entries.map((entry) => ({ ...entry, cursor: cursors.encode({ uid, position: entry.position }) })) };
  }
}

/** Splits what is too much for one message. */
function* batchesOf(entries: readonly LogEntry[]): Generator<readonly LogEntry[]> {
  let first = 0;
  let bytes = 0;
  for (const [index, entry] of entries.entries()) {
    const size = 3 * entry.message.length + (entry.raw?.length ?? 0) + 200; // an upper bound: a UTF-16 unit is at most 3 bytes
    if (index > first && (bytes + size > messageBytes || index - first >= batchLimits.entries)) {
      yield entries.slice(first, index);
      first = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (first < entries.length) yield entries.slice(first);
}
