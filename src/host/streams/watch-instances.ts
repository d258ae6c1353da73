import { canonicalJson } from "../../domain/etag.ts";
import { shuttingDown } from "../../domain/failures.ts";
import type { Instance } from "../../domain/instance.ts";
import type { InstanceFilter, WatchEvent, WatchRequest, WatchResyncReason } from "../api.ts";
import type { HostContext } from "../host-context.ts";
import { withUsage } from "../instances/instance-usage.ts";
import type { Change } from "./change-feed.ts";
import { watchCursors } from "./cursor.ts";

/** Whether an instance meets every condition of a filter. */
export function isSelected(instance: Instance, filter: InstanceFilter): boolean {
  if (filter.names.length > 0 && !filter.names.includes(instance.name)) return false;
  if (filter.states.length > 0 && !filter.states.includes(instance.status.state)) return false;
  return Object.entries(filter.labels).every(([key, value]) => instance.labels[key] === value);
}

/** The cursors of watches with this filter. */
export function cursorsFor(context: HostContext, filter: InstanceFilter) {
  const canonical = { names: [...filter.names].sort(), labels: filter.labels, states: [...filter.states].sort() };
  return watchCursors({ hostId: context.hostId, filter: canonicalJson(canonical) });
}

/** A watch as the contract describes it: hello, then a snapshot or what came after the cursor, a bookmark, then every change. */
export async function* watchInstances(context: HostContext, request: WatchRequest, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  const cursors = cursorsFor(context, request.filter);
  const start = request.afterCursor === "" ? undefined : cursors.decode(request.afterCursor);
  const stale = start === undefined ? undefined : staleness(context, start);
  const resumed = start !== undefined && stale === undefined;
  yield { type: "hello", hostId: context.hostId, resumed, heartbeatSeconds: context.heartbeatSeconds };
  if (stale !== undefined) yield { type: "resync", reason: stale };
  const watch = new Watch(context, request, (revision) => cursors.encode({ epoch: context.epoch, revision }));
  if (resumed) watch.resume(start.revision);
  else yield* watch.heard(watch.snapshot());
  yield* watch.heard(watch.changes(signal));
}

function staleness(context: HostContext, cursor: { epoch: number; revision: number }): WatchResyncReason | undefined {
  if (cursor.epoch !== context.epoch) return "DAEMON_RESTARTED";
  return context.registry.feed.after(cursor.revision) === undefined ? "CURSOR_TOO_OLD" : undefined;
}

/** One watcher: where it has read up to, and what the clock owes it. */
class Watch {
  readonly #context: HostContext;
  readonly #request: WatchRequest;
  readonly #cursor: (revision: number) => string;
  readonly #usageMs: number;
  #position = 0;
  /** Whether the client has been told that it has everything up to some point. */
  #isSynced = false;
  /** When a client that has heard nothing since is to hear a heartbeat. */
  #heardDue: number;
  #usageDue: number;

  constructor(context: HostContext, request: WatchRequest, cursor: (revision: number) => string) {
    this.#context = context;
    this.#request = request;
    this.#cursor = cursor;
    this.#usageMs = (request.usageIntervalSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    this.#usageDue = performance.now() + this.#usageMs;
    this.#heardDue = performance.now() + context.heartbeatSeconds * 1000;
  }

  /** Yields, and remembers that the client hears something. */
  async *heard(events: AsyncIterable<WatchEvent> | Iterable<WatchEvent>): AsyncGenerator<WatchEvent> {
    for await (const event of events) {
      this.#heardDue = performance.now() + this.#context.heartbeatSeconds * 1000;
      yield event;
    }
  }

  resume(revision: number): void {
    this.#position = revision;
  }

  *snapshot(): Generator<WatchEvent> {
    this.#position = this.#context.registry.feed.revision;
    for (const instance of this.#context.registry.views()) {
      if (!isSelected(instance, this.#request.filter)) continue;
      yield { type: "change", change: "ADDED", instance: withUsage(this.#context, instance), cursor: "", merged: 0 };
    }
    yield this.#synced();
  }

  async *changes(signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const { feed } = this.#context.registry;
    const until = AbortSignal.any([signal, this.#context.closing]);
    while (!signal.aborted) {
      const changes = feed.after(this.#position);
      if (changes === undefined) {
        yield { type: "resync", reason: "SLOW_CLIENT" };
        yield* this.snapshot();
      } else if (changes.length > 0) {
        yield* this.#tell(changes);
      } else if (!this.#isSynced) {
        yield this.#synced();
      } else {
        await this.#quiet(until);
      }
      yield* this.#due();
      if (this.#context.closing.aborted) throw shuttingDown();
    }
  }

  #synced(): WatchEvent {
    this.#isSynced = true;
    return { type: "bookmark", cursor: this.#cursor(this.#position) };
  }

  /** Waits for a change, but no longer than until usage or a heartbeat is due. */
  #quiet(until: AbortSignal): Promise<void> {
    return this.#context.registry.feed.changed(this.#position, until, this.#dueInMs());
  }

  /** What the clock asks for, however busy the host is with instances that are no concern of this watch. */
  *#due(): Generator<WatchEvent> {
    const now = performance.now();
    if (now >= this.#usageDue) {
      this.#usageDue = now + this.#usageMs;
      yield* this.#usages();
    }
    if (now >= this.#heardDue) yield { type: "heartbeat", cursor: this.#cursor(this.#position), time: new Date() };
  }

  #dueInMs(): number {
    return Math.max(0, Math.min(this.#heardDue, this.#usageDue) - performance.now());
  }

  *#usages(): Generator<WatchEvent> {
    for (const instance of this.#context.registry.views()) {
      if (instance.status.state !== "RUNNING" || !isSelected(instance, this.#request.filter)) continue;
      yield {
        type: "change",
        change: "MODIFIED",
        instance: withUsage(this.#context, instance),
        cursor: this.#cursor(this.#position),
        merged: 0,
      };
    }
  }

  *#tell(changes: readonly Change[]): Generator<WatchEvent> {
    for (const { change, before, merged, resumesAt } of mergeByUid(changes)) {
      const kind = this.#kind(change, before);
      this.#position = change.revision;
      if (kind === undefined) continue;
      const instance = kind === "REMOVED" ? change.instance : withUsage(this.#context, change.instance);
      yield { type: "change", change: kind, instance, cursor: this.#cursor(resumesAt), merged };
    }
    this.#position = (changes.at(-1) as Change).revision;
  }

  /** What a change is for a client that knows the instance as it was before, if it was selected; undefined: no concern of its. */
  #kind({ instance, removed }: Change, before: Instance | undefined): "ADDED" | "MODIFIED" | "REMOVED" | undefined {
    const isKnown = before !== undefined && isSelected(before, this.#request.filter);
    const isWanted = isSelected(instance, this.#request.filter);
    if (removed) return isKnown || isWanted ? "REMOVED" : undefined; // one that came and went is told too
    if (!isWanted) return isKnown ? "REMOVED" : undefined;
    return isKnown ? "MODIFIED" : "ADDED";
  }
}

type MergedChange = {
  readonly change: Change;
  /** The instance before the first of the changes that are merged here. */
  readonly before: Instance | undefined;
  readonly merged: number;
  /** A client that resumes here is told everything that it has not been told: at worst it is told something again. */
  readonly resumesAt: number;
};

/** The newest change of each uid, at its place, for all changes of that uid. */
function mergeByUid(changes: readonly Change[]): MergedChange[] {
  const byUid = Map.groupBy(changes, ({ instance }) => instance.uid);
  const told: MergedChange[] = [];
  let firstUntold = Number.POSITIVE_INFINITY;
  for (const change of changes.toReversed()) {
    const all = byUid.get(change.instance.uid) ?? [];
    const [first] = all;
    if (all.at(-1) !== change || first === undefined) continue;
    // Changes that were merged into one that is told later begin before this one: the cursor must not pass them.
    told.unshift({ change, before: first.previous, merged: all.length - 1, resumesAt: Math.min(change.revision, firstUntold - 1) });
    firstUntold = Math.min(firstUntold, first.revision);
  }
  return told;
}
