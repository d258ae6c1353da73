import { instanceNotFound } from "../../domain/failures.ts";
import type { HostError } from "../../domain/host-error.ts";
import type { Instance } from "../../domain/instance.ts";
import { instanceNamePattern, parseInstanceName } from "../../domain/instance-name.ts";
import { ChangeFeed } from "../streams/change-feed.ts";
import { type InstanceEntry, instanceOf, newEntry, stateOf } from "./instance-entry.ts";
import type { InstanceRecord } from "./instance-record.ts";

/**
 * All instances in memory. Every change goes through here: it counts revisions, keeps the view that reads are answered
 * from, and feeds watches. Nothing here waits or touches a disk.
 */
export class InstanceRegistry {
  readonly feed: ChangeFeed;
  readonly #entries = new Map<string, InstanceEntry>();
  readonly #views = new Map<string, Instance>();
  readonly #damaged = new Map<string, HostError>();
  /** The overlays that an instance is just being given. */
  readonly #wished = new Map<string, readonly string[]>();
  readonly #activeBuildId: () => string;

  /** @param revision where revisions start; greater than every one of earlier runs */
  constructor(revision: number, activeBuildId: () => string) {
    this.feed = new ChangeFeed(revision);
    this.#activeBuildId = activeBuildId;
  }

  /** @throws HostError INVALID_NAME, INSTANCE_NOT_FOUND or STATE_DAMAGED */
  entry(name: string): InstanceEntry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw this.#damaged.get(name) ?? instanceNotFound(parseInstanceName(name));
  }

  /** Takes note of an instance whose record cannot be read: whoever asks for it is told, until there is a new one of its name. */
  leaveAlone(name: string, damage: HostError): void {
    this.#damaged.set(name, damage);
  }

  /** Why an instance that is on the disk cannot be used; undefined for any other name. */
  damageOf(name: string): HostError | undefined {
    return this.#damaged.get(name);
  }

  /** Whether there are such instances: their games may run, and nobody knows on what. */
  get hasDamaged(): boolean {
    return this.#damaged.size > 0;
  }

  find(name: string): InstanceEntry | undefined {
    return this.#entries.get(name);
  }

  entries(): IterableIterator<InstanceEntry> {
    return this.#entries.values();
  }

  /** @throws HostError INVALID_NAME, INSTANCE_NOT_FOUND or STATE_DAMAGED */
  view(name: string): Instance {
    const view = this.#views.get(name);
    if (view !== undefined) return view;
    throw this.#damaged.get(name) ?? instanceNotFound(parseInstanceName(name));
  }

  /** In the order of the names. */
  views(): Instance[] {
    return [...this.#views.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Does what gives an instance these overlays; from now on, and until it has failed or is done, the instance is one of their users. */
  async whileGiven<T>(name: string, overlays: readonly string[], work: () => Promise<T>): Promise<T> {
    this.#wished.set(name, overlays);
    try {
      return await work();
    } finally {
      this.#wished.delete(name);
    }
  }

  /** The instances whose specification names an overlay, or is about to; in the order of the names. */
  usersOf(overlay: string): string[] {
    const having = [...this.#entries.values()].filter(({ record }) => record.spec.overlays.some(({ ref }) => ref === overlay));
    const given = [...this.#wished].filter(([, overlays]) => overlays.includes(overlay));
    return [...new Set([...having.map(({ record }) => record.name), ...given.map(([name]) => name)])].sort();
  }

  /** Takes an instance in, without any runtime. */
  add(record: InstanceRecord): InstanceEntry {
    if (!instanceNamePattern.test(record.name)) throw new Error(`not an instance name: ${record.name}`);
    const entry = newEntry(record, new Date(record.createTime));
    this.#entries.set(record.name, entry);
    this.#damaged.delete(record.name);
    this.touch(entry);
    return entry;
  }

  /** Tells that an entry has changed. */
  touch(entry: InstanceEntry): Instance {
    const state = stateOf(entry);
    if (state !== entry.state) {
      entry.state = state;
      entry.stateChangeTime = entry.runtime.since; // a game that was taken up again has its own age
    }
    entry.revision = this.feed.next();
    const view = instanceOf(entry, this.#activeBuildId());
    const previous = this.#views.get(view.name);
    this.#views.set(view.name, view);
    this.feed.append({ revision: entry.revision, instance: view, removed: false, previous });
    return view;
  }

  /** The active build has changed: it stands in every instance's view. */
  touchAll(): void {
    for (const entry of this.#entries.values()) this.touch(entry);
  }

  remove(name: string): void {
    const view = this.#views.get(name);
    this.#entries.delete(name);
    this.#views.delete(name);
    if (view === undefined) return;
    const revision = this.feed.next();
    this.feed.append({ revision, instance: { ...view, revision }, removed: true, previous: view });
  }
}
