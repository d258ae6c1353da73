import type { Archive } from "../domain/archive.ts";
import { archiveNotFound } from "../domain/failures.ts";
import type { LifecycleEvent, LogPiece, LogStart } from "../domain/log-entry.ts";
import type { ResourceUsage } from "../domain/runtime-status.ts";
import type { WrittenFiles } from "../domain/written-files.ts";
import {
  type DriverInfo,
  type HostDriver,
  noCapabilities,
  type ResetOptions,
  type RuntimeIdentity,
  type RuntimeObserver,
  type StartTarget,
} from "../host/driver.ts";
import type { InstallRunner } from "../host/install/install-runner.ts";
import { FakeArchives } from "./fake-archives.ts";
import { defaultBehaviour, type FakeBehaviour } from "./fake-behaviour.ts";
import { FakeInstance, type ScriptedFacts } from "./fake-instance.ts";
import { preserved, writtenFiles } from "./game/written-tree.ts";

type Kept = { readonly instance: FakeInstance; readonly archives: FakeArchives };

/**
 * A driver without processes: it keeps the port's promises about states, files, logs and observations in memory, so that the
 * web tier can test against the real use cases. It says so: `driver` is `fake`, and it isolates nothing.
 */
export class FakeDriver implements HostDriver {
  readonly info: DriverInfo = { name: "fake", transport: "", ...noCapabilities, preserve: true, archives: true };
  readonly behaviour: FakeBehaviour;
  readonly installer?: InstallRunner;
  readonly #kept = new Map<string, Kept>();
  readonly #facts = new Map<string, ScriptedFacts>();
  #observe: RuntimeObserver = () => {};
  #lastPid = 1000;

  /** @param installer how it installs; default: it cannot */
  constructor(behaviour: Partial<FakeBehaviour> = {}, installer?: InstallRunner) {
    this.behaviour = { ...defaultBehaviour(), ...behaviour };
    if (installer !== undefined) this.installer = installer;
  }

  async check(): Promise<void> {}

  /** Games outlive a host that is closed, as those of real drivers do: another one may be opened over them. */
  async open(_known: readonly RuntimeIdentity[], observe: RuntimeObserver): Promise<void> {
    this.#observe = observe;
    for (const [name, { instance }] of this.#kept) observe(name, instance.status);
  }

  async close(): Promise<void> {
    this.#observe = () => {};
  }

  async start(target: StartTarget, signal: AbortSignal): Promise<void> {
    await this.#of(target).instance.start(target, signal);
  }

  async stop(identity: RuntimeIdentity): Promise<void> {
    await this.#of(identity).instance.stop();
  }

  async reset(identity: RuntimeIdentity, { preserve, archive }: ResetOptions = { preserve: [] }): Promise<boolean> {
    const { instance, archives } = this.#of(identity);
    await instance.stop();
    if (archive !== undefined && archives.has(archive.id)) return false;
    const before = instance.written;
    instance.written = preserved(before, preserve);
    if (archive !== undefined && before.size > 0) archives.keep(archive, before);
    if (archive !== undefined) archives.prune(archive.keep);
    return before.size > instance.written.size || (archive !== undefined && before.size > 0);
  }

  async archives(identity: RuntimeIdentity): Promise<readonly Archive[]> {
    return this.#of(identity).archives.list();
  }

  async restoreArchive(identity: RuntimeIdentity, archiveId: string): Promise<void> {
    const { instance, archives } = this.#of(identity);
    const tree = archives.copyOf(archiveId);
    if (tree === undefined) throw archiveNotFound(identity.name, archiveId);
    instance.written = tree;
  }

  async deleteArchive(identity: RuntimeIdentity, archiveId: string): Promise<void> {
    this.#of(identity).archives.delete(archiveId);
  }

  async remove({ name }: RuntimeIdentity): Promise<void> {
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    kept?.instance.close();
  }

  recordEvent(identity: RuntimeIdentity, event: LifecycleEvent, message: string): void {
    this.#of(identity).instance.event(event, message);
  }

  usage(name: string): ResourceUsage | undefined {
    return this.#kept.get(name)?.instance.usageNow();
  }

  async processes(name: string): Promise<readonly number[]> {
    const pid = this.#kept.get(name)?.instance.status.mainPid ?? 0;
    return pid === 0 ? [] : [pid];
  }

  async *logs(identity: RuntimeIdentity, start: LogStart, follow: boolean, signal: AbortSignal): AsyncGenerator<LogPiece> {
    yield* this.#of(identity).instance.log.read(start, follow, signal);
  }

  async logEnd(identity: RuntimeIdentity): Promise<string> {
    return this.#of(identity).instance.log.end();
  }

  async written(identity: RuntimeIdentity): Promise<WrittenFiles> {
    return writtenFiles(this.#of(identity).instance.written);
  }

  /** Whether a game is ready; the host's readiness probe. */
  isReady(name: string): boolean {
    return this.#kept.get(name)?.instance.isReady === true;
  }

  /** The instance whose game runs. @throws Error when none of that name does */
  running(name: string): FakeInstance {
    const instance = this.#kept.get(name)?.instance;
    if (instance?.game === undefined) throw new Error(`the fake game "${name}" does not run`);
    return instance;
  }

  /** The instance that has been started, or read, once. @throws Error when none of that name was */
  known(name: string): FakeInstance {
    const instance = this.#kept.get(name)?.instance;
    if (instance === undefined) throw new Error(`the fake instance "${name}" has never been started`);
    return instance;
  }

  /** What is scripted for the games of a name; to be changed. */
  factsOf(name: string): ScriptedFacts {
    const facts = this.#facts.get(name) ?? { readiness: undefined, usage: {} };
    this.#facts.set(name, facts);
    return facts;
  }

  #of({ name, uid }: RuntimeIdentity): Kept {
    const found = this.#kept.get(name);
    if (found?.instance.uid === uid) return found;
    found?.instance.close();
    const settings = { behaviour: this.behaviour, facts: this.factsOf(name), nextPid: () => ++this.#lastPid };
    const instance: FakeInstance = new FakeInstance(name, uid, settings, (status) => {
      if (this.#kept.get(name)?.instance === instance) this.#observe(name, status);
    });
    const kept = { instance, archives: new FakeArchives() };
    this.#kept.set(name, kept);
    return kept;
  }
}
