import { lstatSync, readdirSync } from "node:fs";
import type { Archive } from "../../domain/archive.ts";
import type { Finding } from "../../domain/finding.ts";
import { hostLayout } from "../../domain/host-layout.ts";
import { instanceNamePattern } from "../../domain/instance-name.ts";
import type { LogPiece, LogStart } from "../../domain/log-entry.ts";
import type { ResourceUsage, RuntimeStatus } from "../../domain/runtime-status.ts";
import type { WrittenFiles } from "../../domain/written-files.ts";
import type { DriverInfo, HostDriver, ResetOptions, RuntimeIdentity, RuntimeObserver, StartTarget } from "../../host/driver.ts";
import { keptArchives } from "../../host/instances/kept-archives.ts";
import { orAborted } from "../../host/or-aborted.ts";
import type { GameIds } from "./accounts.ts";
import { processesOf, usageOf } from "./cgroup.ts";
import { checkUnits } from "./check-installation.ts";
import { chooseTransport, type Transport } from "./choose-transport.ts";
import { diagnose } from "./diagnosis/diagnose.ts";
import type { InstanceJournal } from "./journal-port.ts";
import { NetworkCounters } from "./network-counters.ts";
import { currentGeneration, removeUnfinishedOrders } from "./orders/mount-order.ts";
import { withdrawArchiveOrder } from "./orders/reset-order.ts";
import { StrangerRemoval } from "./orders/stranger-removal.ts";
import { loadRun } from "./run-record.ts";
import { SystemdInstaller } from "./systemd-installer.ts";
import { type InstanceContext, SystemdInstance } from "./systemd-instance.ts";
import type { SystemdSettings } from "./systemd-options.ts";
import { busUnavailable } from "./unavailable.ts";
import { ofHost } from "./units/unit-names.ts";
import { UnitWatch } from "./units/unit-watch.ts";

/** What `check` has found: how to reach PID 1, and where the logs come from. */
type Reached = { readonly transport: Transport; readonly context: InstanceContext };

/** The driver of production hosts: units, which PID 1 runs; see systemd/README.md for the agreement. */
export class SystemdDriver implements HostDriver {
  readonly installer: SystemdInstaller;
  readonly #settings: SystemdSettings;
  readonly #ids: GameIds;
  readonly #watch: UnitWatch;
  readonly #instances = new Map<string, SystemdInstance>();
  readonly #untouchable = new Set<string>();
  readonly #strangers: StrangerRemoval;
  readonly #network: NetworkCounters;
  #reached: Reached | undefined;
  #observe: RuntimeObserver = () => {};

  constructor(settings: SystemdSettings, ids: GameIds) {
    this.#settings = settings;
    this.#ids = ids;
    this.#watch = new UnitWatch((name) => this.#changed(name), settings.log);
    this.installer = new SystemdInstaller(() => this.#context);
    this.#network = new NetworkCounters(() => this.#watch.manager);
    this.#strangers = new StrangerRemoval((name) => this.#removeStranger(name), settings.log);
  }

  get info(): DriverInfo {
    return {
      name: "systemd",
      transport: this.#reached?.transport ?? "",
      isolation: true,
      restartsWithoutDaemon: true,
      startsAtBoot: true,
      enforcedLimits: ["MEMORY_HIGH", "MEMORY_MAX", "TASKS_MAX", "CPU_QUOTA", "NICE"],
      preserve: true,
      archives: true,
      volatile: true,
      gameUid: this.#ids.uid,
      seesDescriptors: false,
      layerOwner: { uid: process.getuid?.() ?? 0, gid: this.#ids.gid },
    };
  }

  async check(): Promise<void> {
    await this.#watch.connect();
    await checkUnits(this.#watch);
    const { root, log, createJournal, transport: asked } = this.#settings;
    const { transport, orders } = await chooseTransport(asked, this.#watch);
    const journal = createJournal({ root, log, transport: transport === "sudo" ? "sudo" : "direct" });
    const observe = (name: string, status: RuntimeStatus) => this.#observe(name, status);
    this.#reached = { transport, context: { root, log, watch: this.#watch, orders, journal, observe } };
  }

  async open(known: readonly RuntimeIdentity[], observe: RuntimeObserver): Promise<void> {
    const { root, journal, log } = this.#context;
    await journal.open();
    for (const { name, uid } of known) {
      if (uid === "") this.#untouchable.add(name);
      else {
        await removeUnfinishedOrders(root, name).catch((error: unknown) => log(`${name}: an unfinished mount order is left: ${error}`));
        await withdrawArchiveOrder(root, name, "drop").catch((error: unknown) =>
          log(`${name}: an order of a killed daemon is left: ${error}`),
        );
        this.#instances.set(name, new SystemdInstance({ name, uid }, this.#context, await loadRun(root, name, uid)));
        journal.adopt({ name, uid });
      }
    }
    this.#observe = observe;
    await this.#watch.open();
    this.installer.open();
    for (const instance of this.#instances.values()) {
      this.#watch.settle(instance.identity.name);
      instance.adopt();
    }
    await this.#strangers.begin(this.#foundStrangers());
  }

  async close(): Promise<void> {
    this.#observe = () => {};
    this.#strangers.close();
    this.#watch.close();
    await Promise.all([...this.#instances.values()].map((instance) => instance.saved()));
    await this.#reached?.context.journal.close();
  }

  async start(target: StartTarget, signal: AbortSignal): Promise<void> {
    await orAborted(this.#strangers.gone(target.name), signal);
    await this.#instance(target).start(target, signal);
  }

  async stop(identity: RuntimeIdentity): Promise<void> {
    await this.#strangers.gone(identity.name);
    await this.#instance(identity).stop();
  }

  async reset(identity: RuntimeIdentity, { preserve, archive }: ResetOptions = { preserve: [] }): Promise<boolean> {
    await this.#strangers.gone(identity.name);
    return this.#instance(identity).reset({ preserve, ...(archive === undefined ? {} : { archive, keep: archive.keep }) });
  }

  async archives({ name }: RuntimeIdentity): Promise<readonly Archive[]> {
    return keptArchives(hostLayout(this.#settings.root).instanceArchives(name));
  }

  async restoreArchive(identity: RuntimeIdentity, archiveId: string): Promise<void> {
    await this.#strangers.gone(identity.name);
    await this.#instance(identity).restore(archiveId);
  }

  async deleteArchive(identity: RuntimeIdentity, archiveId: string): Promise<void> {
    await this.#instance(identity).dropArchive(archiveId);
  }

  async written(identity: RuntimeIdentity, signal: AbortSignal): Promise<WrittenFiles | undefined> {
    return this.#instance(identity).written(signal);
  }

  async remove(identity: RuntimeIdentity): Promise<void> {
    await this.#strangers.gone(identity.name);
    const instance = this.#instance(identity);
    await instance.reset({ preserve: [], keep: 0 });
    await instance.saved();
    this.#instances.delete(identity.name);
    this.#watch.forget(identity.name);
    this.#network.forget(identity.name);
    await this.#journal.remove(identity);
  }

  recordEvent(identity: RuntimeIdentity, event: "READY" | "STOPPING" | "RESET", message: string): void {
    const { invocationId } = this.#instance(identity).status;
    this.#journal.recordEvent(identity, event, { invocationId, message, time: new Date() });
  }

  usage(name: string): ResourceUsage | undefined {
    const usage = usageOf(name);
    const invocationId = this.#instances.get(name)?.status.invocationId;
    return usage === undefined || invocationId === undefined ? usage : { ...usage, ...this.#network.of(name, invocationId) };
  }

  processes(name: string): Promise<readonly number[]> {
    return processesOf(name);
  }

  logs(identity: RuntimeIdentity, start: LogStart, follow: boolean, signal: AbortSignal): AsyncIterable<LogPiece> {
    return this.#journal.logs(identity, start, follow, signal);
  }

  logEnd(identity: RuntimeIdentity): Promise<string> {
    return this.#journal.logEnd(identity);
  }

  diagnose(signal: AbortSignal): Promise<readonly Finding[]> {
    return diagnose(this.#reached?.transport ?? "dbus", () => this.#watch.manager, signal);
  }

  bootGeneration(name: string): Promise<number | undefined> {
    return currentGeneration(this.#settings.root, name);
  }

  get #context(): InstanceContext {
    if (this.#reached === undefined) throw busUnavailable("it has not been asked yet");
    return this.#reached.context;
  }

  get #journal(): InstanceJournal {
    return this.#context.journal;
  }

  /** The instance; a namesake that was known before is gone. */
  #instance({ name, uid }: RuntimeIdentity): SystemdInstance {
    const known = this.#instances.get(name);
    if (known?.identity.uid === uid) return known;
    const instance = new SystemdInstance({ name, uid }, this.#context);
    this.#instances.set(name, instance);
    this.#journal.add({ name, uid });
    return instance;
  }

  #changed(name: string): void {
    if (name === ofHost) this.installer.refresh();
    else this.#instances.get(name)?.refresh();
  }

  /** The names under which something runs or was written, and of which the host has no records. */
  #foundStrangers(): string[] {
    const running = this.#watch.names();
    const { runtime, instanceRuntime } = hostLayout(this.#settings.root);
    // What is not root's was made by somebody else: the older system's, or the embedded driver's. It is not ours to remove.
    const written = readdirSync(runtime).filter((name) => lstatSync(instanceRuntime(name), { throwIfNoEntry: false })?.uid === 0);
    return [...new Set([...running, ...written])].filter((name) => this.#isStranger(name));
  }

  #isStranger(name: string): boolean {
    return instanceNamePattern.test(name) && !this.#instances.has(name) && !this.#untouchable.has(name);
  }

  async #removeStranger(name: string): Promise<void> {
    const stranger = new SystemdInstance({ name, uid: "" }, { ...this.#context, observe: () => {} });
    await stranger.stop();
    await stranger.reset({ preserve: [] });
    this.#watch.forget(name);
  }
}
