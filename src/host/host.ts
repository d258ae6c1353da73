import { hostname } from "node:os";
import type { Build } from "../domain/build.ts";
import { shuttingDown } from "../domain/failures.ts";
import type { Overlay } from "../domain/overlay.ts";
import { parseOverlayRef } from "../domain/overlay-ref.ts";
import type * as api from "./api.ts";
import { deleteInstance } from "./delete-instance.ts";
import { explainInstance } from "./explain-instance.ts";
import { followLog } from "./follow-log.ts";
import type { HostContext } from "./host-context.ts";
import { initializeInstance } from "./initialize-instance.ts";
import { withUsage } from "./instance-usage.ts";
import { buildsOf, collectOverlayVersions, overlayOf, overlaysOf, refreshOverlay, refuseInUse } from "./layers-in-use.ts";
import { diskOf, loadOf } from "./machine.ts";
import { type ResetResult, resetInstance } from "./reset-instance.ts";
import { restartInstance } from "./restart-instance.ts";
import { startInstance } from "./start-instance.ts";
import { stopInstance } from "./stop-instance.ts";
import { cursorsFor, isSelected, watchInstances } from "./watch-instances.ts";

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
      root: layout.root,
      startTime: this.#startTime,
      disk: await diskOf(layout.root),
      load: { ...loadOf(), instances: states.length, instancesRunning: states.filter((state) => state === "RUNNING").length },
    };
  }

  async initialize(request: api.InitializeRequest, caller: api.Caller): Promise<api.InitializeResult> {
    this.#refuseWhenClosing();
    return initializeInstance(this.#context, request, caller);
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
    this.#refuseWhenClosing();
    return startInstance(this.#context, request, caller);
  }

  async stop(request: api.ChangeRequest, caller: api.Caller): Promise<api.StopResult> {
    this.#refuseWhenClosing();
    return stopInstance(this.#context, request, caller);
  }

  async restart(request: api.StartRequest, caller: api.Caller): Promise<api.RestartResult> {
    this.#refuseWhenClosing();
    return restartInstance(this.#context, request, caller);
  }

  async reset(request: api.ResetRequest, caller: api.Caller): Promise<ResetResult> {
    this.#refuseWhenClosing();
    return resetInstance(this.#context, request, caller);
  }

  async delete(request: api.ChangeRequest, caller: api.Caller): Promise<{ changed: boolean }> {
    this.#refuseWhenClosing();
    return deleteInstance(this.#context, request, caller);
  }

  async explain(name: string): Promise<api.Explanation> {
    return explainInstance(this.#context, name);
  }

  logs(request: api.LogRequest, signal: AbortSignal): AsyncIterable<api.LogEvent> {
    return followLog(this.#context, request, signal);
  }

  async importBuild(upload: api.Upload, activate: boolean, signal: AbortSignal): Promise<api.ImportBuildResult> {
    this.#refuseWhenClosing();
    const { builds } = this.#context;
    const before = builds.active()?.id;
    const { id, changed } = await builds.importArchive(upload, activate, signal);
    if (builds.active()?.id !== before) this.#context.registry.touchAll();
    return { build: this.#build(id), changed };
  }

  builds(): readonly Build[] {
    return buildsOf(this.#context);
  }

  activeBuild(): Build | undefined {
    return this.builds().find(({ active }) => active);
  }

  async activateBuild(id: string): Promise<api.ImportBuildResult> {
    this.#refuseWhenClosing();
    const changed = await this.#context.builds.activate(id);
    if (changed) this.#context.registry.touchAll();
    return { build: this.#build(id), changed };
  }

  async overlays(): Promise<readonly Overlay[]> {
    return overlaysOf(this.#context);
  }

  async importOverlay(ref: string, upload: api.Upload, signal: AbortSignal): Promise<api.ImportOverlayResult> {
    this.#refuseWhenClosing();
    const { overlays } = this.#context;
    const { changed } = await overlays.importArchive(parseOverlayRef(ref), upload, signal);
    if (changed) await refreshOverlay(this.#context, ref);
    await collectOverlayVersions(this.#context);
    const overlay = await overlayOf(this.#context, ref);
    if (overlay === undefined) throw new Error(`the overlay ${ref} vanished after its import`);
    return { overlay, changed };
  }

  async deleteOverlay(ref: string): Promise<{ changed: boolean }> {
    this.#refuseWhenClosing();
    const changed = await this.#context.overlays.delete(parseOverlayRef(ref), () => refuseInUse(this.#context, ref));
    if (changed) await collectOverlayVersions(this.#context);
    return { changed };
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

  #build(id: string): Build {
    const build = this.builds().find((candidate) => candidate.id === id);
    if (build === undefined) throw new Error(`the build ${id} vanished`);
    return build;
  }

  #refuseWhenClosing(): void {
    if (this.#context.closing.aborted) throw shuttingDown();
  }
}
