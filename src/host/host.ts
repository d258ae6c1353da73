import { hostname } from "node:os";
import type { Archive } from "../domain/archive.ts";
import type { Build } from "../domain/build.ts";
import { shuttingDown } from "../domain/failures.ts";
import type { Finding } from "../domain/finding.ts";
import type { Overlay } from "../domain/overlay.ts";
import { parseOverlayRef } from "../domain/overlay-ref.ts";
import type * as api from "./api.ts";
import { tellingActivation } from "./builds/telling-activation.ts";
import { diagnose } from "./diagnosis/diagnose.ts";
import { explainDiskError } from "./files/disk-error.ts";
import type { HostContext } from "./host-context.ts";
import { deleteBuild } from "./install/delete-build.ts";
import { installGame, jobsOf } from "./install/install-game.ts";
import { withUsage } from "./instances/instance-usage.ts";
import { listArchives } from "./instances/list-archives.ts";
import { explainInstance } from "./layers/explain-instance.ts";
import { deleteArchive } from "./life-cycle/delete-archive.ts";
import { deleteInstance } from "./life-cycle/delete-instance.ts";
import { initializeInstance } from "./life-cycle/initialize-instance.ts";
import { resetInstance } from "./life-cycle/reset-instance.ts";
import { restartInstance } from "./life-cycle/restart-instance.ts";
import { restoreArchive } from "./life-cycle/restore-archive.ts";
import { startInstance } from "./life-cycle/start-instance.ts";
import { stopInstance } from "./life-cycle/stop-instance.ts";
import { diskOf, loadOf } from "./machine.ts";
import { buildsOf, collectOverlayVersions, overlaysOf, refreshOverlay, refuseInUse, withUsers } from "./overlays/layers-in-use.ts";
import { followLog } from "./streams/follow-log.ts";
import { cursorsFor, isSelected, watchInstances } from "./streams/watch-instances.ts";

/** How long a closing host lets operations end, in milliseconds; what is left is done again by the next daemon. */
const settleMs = 2000;

/** The use cases over one context. Made by `openHost`. */
export class Host implements api.HostApi {
  readonly #context: HostContext;
  readonly #close: () => void;
  readonly #version: string;
  readonly #startTime = new Date();

  constructor(context: HostContext, version: string, close: () => void) {
    this.#context = context;
    this.#version = version;
    this.#close = close;
  }

  async describe(): Promise<api.HostDescription> {
    const { hostId, layout, driver, registry } = this.#context;
    const states = registry.views().map(({ status }) => status.state);
    return {
      id: hostId,
      hostname: hostname(),
      version: this.#version,
      driver: driver.info,
      installsGame: driver.installer !== undefined,
      diagnoses: driver.diagnose !== undefined,
      root: layout.root,
      startTime: this.#startTime,
      disk: await diskOf(layout.root),
      load: { ...loadOf(), instances: states.length, instancesRunning: states.filter((state) => state === "RUNNING").length },
    };
  }

  async diagnose(signal: AbortSignal): Promise<readonly Finding[]> {
    return diagnose(this.#context, signal);
  }

  async initialize(request: api.InitializeRequest, caller: api.Caller): Promise<api.InitializeResult> {
    return this.#change((context) => initializeInstance(context, request, caller));
  }

  get(name: string) {
    return withUsage(this.#context, this.#context.registry.view(name));
  }

  list(filter: api.InstanceFilter): api.ListResult {
    const { registry, epoch } = this.#context;
    const instances = registry.views().filter((instance) => isSelected(instance, filter));
    return {
      instances: instances.map((instance) => withUsage(this.#context, instance)),
      watchCursor: cursorsFor(this.#context, filter).encode({ epoch, revision: registry.feed.revision }),
    };
  }

  watch(request: api.WatchRequest, signal: AbortSignal): AsyncIterable<api.WatchEvent> {
    return watchInstances(this.#context, request, signal);
  }

  async start(request: api.StartRequest, caller: api.Caller): Promise<api.StartResult> {
    return this.#change((context) => startInstance(context, request, caller));
  }

  async stop(request: api.ChangeRequest, caller: api.Caller): Promise<api.StopResult> {
    return this.#change((context) => stopInstance(context, request, caller));
  }

  async restart(request: api.StartRequest, caller: api.Caller): Promise<api.RestartResult> {
    return this.#change((context) => restartInstance(context, request, caller));
  }

  async reset(request: api.ResetRequest, caller: api.Caller): Promise<api.ResetResult> {
    return this.#change((context) => resetInstance(context, request, caller));
  }

  async delete(request: api.ChangeRequest, caller: api.Caller): Promise<{ changed: boolean }> {
    return this.#change((context) => deleteInstance(context, request, caller));
  }

  async explain(name: string, signal: AbortSignal): Promise<api.Explanation> {
    return explainInstance(this.#context, name, signal);
  }

  async archives(name: string): Promise<readonly Archive[]> {
    return listArchives(this.#context, name);
  }

  async restoreArchive(request: api.ArchiveRequest, caller: api.Caller) {
    return this.#change((context) => restoreArchive(context, request, caller));
  }

  async deleteArchive(request: api.ArchiveRequest, caller: api.Caller) {
    return this.#change((context) => deleteArchive(context, request, caller));
  }

  logs(request: api.LogRequest, signal: AbortSignal): AsyncIterable<api.LogEvent> {
    return followLog(this.#context, request, signal);
  }

  async importBuild(upload: api.Upload, activate: boolean, signal: AbortSignal): Promise<api.ImportBuildResult> {
    return this.#change(async ({ builds }) => {
      const { id, changed } = await this.#tellingActivation(() => builds.importArchive(upload, activate, signal));
      return { build: this.#build(id), changed };
    });
  }

  builds(): readonly Build[] {
    return buildsOf(this.#context);
  }

  activeBuild(): Build | undefined {
    return this.builds().find(({ active }) => active);
  }

  async activateBuild(id: string): Promise<api.ImportBuildResult> {
    return this.#change(async ({ builds }) => {
      const changed = await this.#tellingActivation(() => builds.activate(id));
      return { build: this.#build(id), changed };
    });
  }

  async deleteBuild(id: string): Promise<{ changed: boolean }> {
    return this.#change((context) => deleteBuild(context, id));
  }

  install(request: api.InstallRequest, caller: api.Caller): AsyncIterable<api.InstallEvent> {
    return installGame(this.#context, request, caller);
  }

  installation() {
    const { jobs } = this.#context;
    const job = jobs?.current;
    return { ...(job === undefined ? {} : { job }), lines: jobs?.lines(200) ?? [] };
  }

  async cancelInstall(id: string) {
    return jobsOf(this.#context).cancel(id);
  }

  async overlays(signal: AbortSignal): Promise<readonly Overlay[]> {
    return overlaysOf(this.#context, signal);
  }

  async importOverlay(ref: string, upload: api.Upload, signal: AbortSignal): Promise<api.ImportOverlayResult> {
    return this.#change(async (context) => {
      const importing = context.overlays.importArchive(parseOverlayRef(ref), upload, signal);
      importing.catch(() => this.#collectOverlayVersions()).catch(() => {}); // a version that could not be linked
      const { changed, ...overlay } = await importing;
      if (changed) await refreshOverlay(context, ref);
      await this.#collectOverlayVersions();
      return { overlay: withUsers(context, overlay), changed };
    });
  }

  async deleteOverlay(ref: string): Promise<{ changed: boolean }> {
    return this.#change(async (context) => {
      const changed = await context.overlays.delete(parseOverlayRef(ref), () => refuseInUse(context, ref));
      if (changed) await this.#collectOverlayVersions();
      return { changed };
    });
  }

  async close(): Promise<void> {
    if (this.#context.closing.aborted) return;
    this.#close();
    const settled = Promise.withResolvers<void>();
    const timer = setTimeout(settled.resolve, settleMs);
    await Promise.race([this.#context.operations.idle(), settled.promise]);
    clearTimeout(timer);
    await this.#context.driver.close();
  }

  /** What was asked for has been done; what could not be removed, the next collection removes. */
  async #collectOverlayVersions(): Promise<void> {
    await collectOverlayVersions(this.#context).catch((error: unknown) =>
      this.#context.log("error", "versions of overlays could not be removed", { error }),
    );
  }

  /** Every view shows which build the next start uses. */
  #tellingActivation<T>(work: () => Promise<T>): Promise<T> {
    const { builds, registry } = this.#context;
    return tellingActivation(builds, () => registry.touchAll(), work);
  }

  #build(id: string): Build {
    const build = this.builds().find((candidate) => candidate.id === id);
    if (build === undefined) throw new Error(`the build ${id} vanished`);
    return build;
  }

  /** Every change goes through here. @throws HostError SHUTTING_DOWN; DISK_FULL and DISK_FAILED whatever it was that met the disk */
  async #change<T>(work: (context: HostContext) => Promise<T>): Promise<T> {
    if (this.#context.closing.aborted) throw shuttingDown();
    try {
      return await work(this.#context);
    } catch (error) {
      throw await explainDiskError(error, this.#context.layout.root);
    }
  }
}
