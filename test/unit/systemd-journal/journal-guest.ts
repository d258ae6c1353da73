/**
 * Serves a journal to a test on the outside of a test host: a JSON object a line, `{id, verb, …}` on standard input,
 * `{id, answer | failure}` on standard output. Arguments: LEFT4ME_ROOT and the transport.
 */
import { createInterface } from "node:readline";
import { HostError } from "../../../src/domain/host-error.ts";
import type { LifecycleEvent, LogEntry, LogPiece, LogStart } from "../../../src/domain/log-entry.ts";
import { createInstanceJournal } from "../../../src/drivers/systemd/journal/index.ts";
import type { InstanceJournal } from "../../../src/drivers/systemd/journal-port.ts";
import type { RuntimeIdentity } from "../../../src/host/driver.ts";

/** A start as JSON: the time in milliseconds. */
export type GuestStart = Exclude<LogStart, { type: "history" }> | (Omit<LogStart & { type: "history" }, "since"> & { since?: number });

/** What can be asked. */
export type GuestCall =
  | { readonly verb: "reopen" }
  | { readonly verb: "event"; readonly identity: RuntimeIdentity; readonly event: LifecycleEvent; readonly invocationId: string }
  | { readonly verb: "read"; readonly identity: RuntimeIdentity; readonly start: GuestStart }
  | {
      readonly verb: "follow";
      readonly identity: RuntimeIdentity;
      readonly start: GuestStart;
      readonly key: string;
      readonly stallMs?: number;
    }
  | { readonly verb: "followed" | "unfollow"; readonly key: string }
  | { readonly verb: "end" | "remove"; readonly identity: RuntimeIdentity };

/** What a stream has told. Long messages are cut: their length is in `length`. */
export type GuestLog = {
  readonly entries: (Pick<LogEntry, "position" | "message" | "invocationId" | "partial" | "event"> & {
    readonly time: number;
    readonly length: number;
    readonly raw?: number[];
  })[];
  readonly gaps: { readonly lost?: number; readonly reason: string; readonly position: string }[];
  isOver: boolean;
};

const [root = "", transport = "direct"] = process.argv.slice(2);
let journal: InstanceJournal;
const following = new Map<string, { log: GuestLog; stop: AbortController }>();

function make(): InstanceJournal {
  return createInstanceJournal({
    root,
    transport: transport === "sudo" ? "sudo" : "direct",
    log: (text) => process.stderr.write(`${text}\n`),
  });
}

function startOf(start: GuestStart): LogStart {
  if (start.type === "position") return start;
  const { since, ...rest } = start;
  return since === undefined ? rest : { ...rest, since: new Date(since) };
}

function take(log: GuestLog, piece: LogPiece): void {
  if (piece.type === "gap") {
    const { type: _, ...gap } = piece;
    log.gaps.push(gap);
    return;
  }
  for (const { time, timeEstimated: _, message, raw, ...entry } of piece.entries) {
    const kept = { ...entry, time: time.getTime(), message: message.slice(0, 200), length: message.length };
    log.entries.push(raw === undefined ? kept : { ...kept, raw: [...raw.subarray(0, 100)] });
  }
}

async function call(request: GuestCall): Promise<unknown> {
  switch (request.verb) {
    case "reopen":
      for (const { stop } of following.values()) stop.abort();
      await journal.close();
      journal = make();
      return journal.open();
    case "event":
      return journal.recordEvent(request.identity, request.event, {
        invocationId: request.invocationId,
        message: `it is ${request.event}`,
        time: new Date(),
      });
    case "read": {
      const log: GuestLog = { entries: [], gaps: [], isOver: true };
      for await (const piece of journal.logs(request.identity, startOf(request.start), false, AbortSignal.timeout(300_000)))
        take(log, piece);
      return log;
    }
    case "follow": {
      const log: GuestLog = { entries: [], gaps: [], isOver: false };
      const stop = new AbortController();
      following.set(request.key, { log, stop });
      void (async () => {
        for await (const piece of journal.logs(request.identity, startOf(request.start), true, stop.signal)) {
          take(log, piece);
          if (request.stallMs !== undefined) await new Promise((resolve) => setTimeout(resolve, request.stallMs));
        }
        log.isOver = true;
      })();
      return undefined;
    }
    case "followed":
      return following.get(request.key)?.log;
    case "unfollow":
      return following.get(request.key)?.stop.abort();
    case "end":
      return journal.logEnd(request.identity);
    case "remove":
      return journal.remove(request.identity);
  }
}

if (import.meta.main) {
  journal = make();
  await journal.open();
  const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
  say({ id: 0 });
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, ...request } = JSON.parse(line) as GuestCall & { id: number };
    void call(request).then(
      (answer) => say({ id, answer }),
      (error: unknown) => say({ id, failure: error instanceof HostError ? error.reason : String((error as Error).stack) }),
    );
  }
  await journal.close();
}
