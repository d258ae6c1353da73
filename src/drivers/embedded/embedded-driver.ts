import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import type { Archive } from "../../domain/archive.ts";
import { instanceRunning } from "../../domain/failures.ts";
import type { Finding } from "../../domain/finding.ts";
import { hostLayout } from "../../domain/host-layout.ts";
import { instanceNamePattern } from "../../domain/instance-name.ts";
import type { LogPiece, LogStart } from "../../domain/log-entry.ts";
import { neverStarted, type ResourceUsage, type RuntimeStatus } from "../../domain/runtime-status.ts";
import type { WrittenFiles } from "../../domain/written-files.ts";
import {
  type DriverInfo,
  type HostDriver,
  noCapabilities,
  type ResetOptions,
  type RuntimeIdentity,
  type RuntimeObserver,
  type StartTarget,
} from "../../host/driver.ts";
import { checkHost } from "./check-host.ts";
import { diagnose } from "./diagnosis/diagnose.ts";
import { EmbeddedInstance } from "./embedded-instance.ts";
import type { EmbeddedSettings } from "./embedded-options.ts";
import { EmbeddedInstaller } from "./installer/embedded-installer.ts";
import { embeddedDirectory, instancePaths } from "./instance-paths.ts";
import { InstanceLog } from "./logs/instance-log.ts";
import { formatLogPosition } from "./logs/log-position.ts";
import { streamLog } from "./logs/log-stream.ts";
import { bootId } from "./processes/boot-id.ts";
import { clearAway, recover } from "./recover.ts";
import { RemovedInstances } from "./removed-instances.ts";
import { newRunRecord, readRunRecord } from "./run-record.ts";
import { Trash } from "./upper/trash.ts";
import { UpperChanges } from "./upper/upper-changes.ts";
import { settleUpper } from "./upper/upper-swap.ts";
import { writtenFiles } from "./upper/written-files.ts";

/** The driver of hosts without systemd: real overlayfs and real processes in namespaces; see the design's chapter. */
export class EmbeddedDriver implements HostDriver {
  readonly info: DriverInfo;
  readonly #settings: EmbeddedSettings;
  readonly #trash: Trash;
  readonly installer: EmbeddedInstaller;
  readonly #uppers: UpperChanges;
  readonly #instances = new Map<string, EmbeddedInstance>();
  readonly #removed = new RemovedInstances();
  #observe: RuntimeObserver = () => {};

  constructor(settings: EmbeddedSettings) {
    this.#settings = settings;
    this.#trash = new Trash(settings);
    this.installer = new EmbeddedInstaller(settings, this.#trash);
    this.#uppers = new UpperChanges(settings, this.#trash);
    this.info = {
      name: "embedded",
      transport: "",
      ...noCapabilities,
      preserve: true,
      archives: true,
      gameUid: settings.gameUid,
      // The group is enough: what the game may write, its group may write.
      ...(settings.asRoot ? { layerOwner: { uid: 0, gid: settings.gameGid } } : {}),
    };
  }

  check(): Promise<void> {
    return checkHost(this.#settings);
  }

  async open(known: readonly RuntimeIdentity[], observe: RuntimeObserver): Promise<void> {
    this.#observe = observe;
    const { root } = this.#settings;
    mkdirSync(embeddedDirectory(root), { recursive: true, mode: 0o700 });
    mkdirSync(hostLayout(root).runtime, { recursive: true, mode: 0o755 });
    this.#trash.sweep();
    const uids = new Map(known.map(({ name, uid }) => [name, uid]));
    await Promise.all(
      this.#traces().map((name) =>
        this.#takeUp(name, uids.get(name)).catch((error: unknown) => {
          this.#settings.log(`${name}: could not be taken up and is left as it is: ${String(error)}`);
        }),
      ),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#instances.values()].map((instance) => instance.close()));
    this.installer.close();
    await this.#trash.close();
    this.#observe = () => {};
  }

  async start(target: StartTarget, signal: AbortSignal): Promise<void> {
    const { spec: _, ...runTarget } = target;
    // Without a wait where there is nothing to wait for: a stop may follow at once, and must find the start.
    const namesake = this.#namesake(target);
    if (namesake !== undefined) await this.#evict(namesake);
    const instance = this.#findOrCreate(target);
    settleUpper(instance.paths, this.#settings, this.#trash);
    await instance.start(runTarget, signal);
  }

  async stop(identity: RuntimeIdentity): Promise<void> {
    await this.#find(identity)?.stop();
  }

  async reset(identity: RuntimeIdentity, options: ResetOptions = { preserve: [] }): Promise<boolean> {
    const namesake = this.#namesake(identity);
    if (namesake !== undefined) await this.#evict(namesake);
    const instance = this.#findOrCreate(identity);
    await instance.stop();
    return this.#uppers.reset(instance.paths, options);
  }

  async archives({ name }: RuntimeIdentity): Promise<readonly Archive[]> {
    return this.#uppers.archives(instancePaths(this.#settings.root, name));
  }

  async restoreArchive(identity: RuntimeIdentity, archiveId: string): Promise<void> {
    const instance = this.#findOrCreate(identity);
    requireStopped(instance, identity.name);
    await this.#uppers.restore(instance.paths, identity.name, archiveId);
  }

  async deleteArchive({ name }: RuntimeIdentity, archiveId: string): Promise<void> {
    await this.#uppers.deleteArchive(instancePaths(this.#settings.root, name), archiveId);
  }

  async remove(identity: RuntimeIdentity): Promise<void> {
    if (this.#namesake(identity) !== undefined) return;
    const instance = this.#find(identity);
    if (instance !== undefined) requireStopped(instance, identity.name);
    await this.#destroy(identity);
  }

  diagnose(signal: AbortSignal): Promise<readonly Finding[]> {
    return diagnose(this.#settings, signal);
  }

  recordEvent(identity: RuntimeIdentity, event: "READY" | "STOPPING" | "RESET", message: string): void {
    try {
      this.#findOrBegin(identity)?.log.record(event, message);
    } catch (error) {
      this.#settings.log(`${identity.name}: could not record ${event}: ${error}`);
    }
  }

  usage(name: string): ResourceUsage | undefined {
    return this.#instances.get(name)?.usage();
  }

  async processes(name: string): Promise<readonly number[]> {
    return this.#instances.get(name)?.processes() ?? [];
  }

  async *logs(identity: RuntimeIdentity, start: LogStart, follow: boolean, signal: AbortSignal): AsyncGenerator<LogPiece> {
    const instance = this.#findOrBegin(identity);
    if (instance !== undefined) yield* streamLog(instance.log, start, follow, signal);
  }

  async written(identity: RuntimeIdentity, signal: AbortSignal): Promise<WrittenFiles | undefined> {
    if (this.#namesake(identity) !== undefined) return undefined;
    return writtenFiles(instancePaths(this.#settings.root, identity.name).upper, signal);
  }

  async logEnd(identity: RuntimeIdentity): Promise<string> {
    const end = this.#find(identity)?.log.end();
    return end === undefined ? "" : formatLogPosition(end);
  }

  /** The names of which anything is on disk. What another driver left below runtime/ is not ours to touch. */
  #traces(): string[] {
    const { root } = this.#settings;
    const ours = readdirSync(embeddedDirectory(root));
    const runtimes = readdirSync(hostLayout(root).runtime).filter((name) => isOurs(instancePaths(root, name).format));
    return [...new Set([...ours, ...runtimes])].filter((name) => instanceNamePattern.test(name));
  }

  async #takeUp(name: string, uid: string | undefined): Promise<void> {
    if (uid === "") return; // the host cannot read its record: nothing of it is ours to touch
    const paths = instancePaths(this.#settings.root, name);
    const record = readRunRecord(paths.record);
    if (uid === undefined || (record !== undefined && record.uid !== uid)) {
      this.#settings.log(`${name}: removing what an instance that is no longer known left`);
      await clearAway(paths, record?.tree);
      this.#discard(name);
      if (uid !== undefined) this.#observe(name, neverStarted(new Date()));
      return;
    }
    if (record === undefined) await clearAway(paths, undefined);
    await recover(this.#findOrCreate({ name, uid }), this.#settings);
  }

  /** The instance, if it is this one. */
  #find({ name, uid }: RuntimeIdentity): EmbeddedInstance | undefined {
    const instance = this.#instances.get(name);
    return instance?.record.uid === uid ? instance : undefined;
  }

  /** Another instance that still has the name. */
  #namesake({ name, uid }: RuntimeIdentity): RuntimeIdentity | undefined {
    const instance = this.#instances.get(name);
    return instance === undefined || instance.record.uid === uid ? undefined : { name, uid: instance.record.uid };
  }

  async #evict(namesake: RuntimeIdentity): Promise<void> {
    await this.stop(namesake);
    await this.remove(namesake);
  }

  /** The instance, for its log; none where another one has the name, and none of one that has been removed. */
  #findOrBegin(identity: RuntimeIdentity): EmbeddedInstance | undefined {
    if (this.#namesake(identity) !== undefined || this.#removed.has(identity.uid)) return this.#find(identity);
    return this.#findOrCreate(identity);
  }

  #findOrCreate(identity: RuntimeIdentity): EmbeddedInstance {
    return this.#find(identity) ?? this.#create(identity);
  }

  #create({ name, uid }: RuntimeIdentity): EmbeddedInstance {
    const paths = instancePaths(this.#settings.root, name);
    mkdirSync(paths.state, { recursive: true, mode: 0o700 });
    const log = new InstanceLog(paths.logs, this.#settings);
    const stored = readRunRecord(paths.record);
    const record = stored?.uid === uid ? stored : newRunRecord(uid, bootId(), log.sequences().at(-1));
    const observe = (status: RuntimeStatus) => this.#observe(name, status);
    const instance = new EmbeddedInstance(record, paths, log, this.#settings, observe);
    this.#instances.set(name, instance);
    this.#removed.delete(uid);
    return instance;
  }

  async #destroy({ name, uid }: RuntimeIdentity): Promise<void> {
    const instance = this.#instances.get(name);
    await instance?.log.remove();
    this.#instances.delete(name);
    this.#removed.add(uid);
    await instance?.close();
    this.#discard(name);
  }

  /** The runtime first: while the state is there, the next open finds the name again. */
  #discard(name: string): void {
    const { runtime, archives, state } = instancePaths(this.#settings.root, name);
    this.#trash.discard([runtime, archives, state]);
  }
}

function requireStopped(instance: EmbeddedInstance, name: string): void {
  const { phase } = instance.record;
  if (phase === "idle") return;
  throw instanceRunning(name, phase);
}

function isOurs(format: string): boolean {
  try {
    return readFileSync(format, "utf8").startsWith("driver=embedded ");
  } catch {
    return false;
  }
}
