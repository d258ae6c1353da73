import { existsSync } from "node:fs";
import { appendFile, chmod, mkdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type InstallerEvent, type InstallOrder, installerFiles } from "../../../../src/domain/installer-agreement.ts";
import type { InstallRunner } from "../../../../src/host/install/install-runner.ts";
import { orAborted } from "../../../../src/host/or-aborted.ts";

/** A runner whose installer is a test: it says what SteamCMD would have written, and when it ends. */
export class ScriptedRunner implements InstallRunner {
  readonly outbox: string;
  readonly #stage: string;
  readonly starts: { readonly order: InstallOrder; readonly layers: readonly string[] }[] = [];
  calls: string[] = [];
  failure: Error | undefined;
  #running: PromiseWithResolvers<{ exitCode?: number; signal?: string }> | undefined;
  #job = "";

  constructor(directory: string) {
    this.outbox = join(directory, "outbox");
    this.#stage = join(directory, "stage");
  }

  async start(order: InstallOrder, layers: readonly string[]): Promise<void> {
    this.calls.push("start");
    if (this.failure !== undefined) throw this.failure;
    this.#job = order.job;
    this.#running = Promise.withResolvers();
    await rm(this.outbox, { recursive: true, force: true });
    for (const path of [this.outbox, this.#stage]) await mkdir(path, { recursive: true });
    await this.tell({ type: "hello", job: order.job });
    this.starts.push({ order, layers });
  }

  async ended(signal: AbortSignal) {
    return this.#running === undefined ? {} : orAborted(this.#running.promise, signal);
  }

  async cancel(): Promise<void> {
    this.calls.push("cancel");
    this.end({ signal: "SIGTERM" });
  }

  async handOver(target: string): Promise<void> {
    this.calls.push("handOver");
    if (existsSync(this.#stage)) await rename(this.#stage, target);
  }

  async discard(): Promise<void> {
    this.calls.push("discard");
    await rm(this.#stage, { recursive: true, force: true });
  }

  /** Appends an event. */
  async tell(event: InstallerEvent): Promise<void> {
    await appendFile(join(this.outbox, installerFiles.events(this.#job)), `${JSON.stringify(event)}\n`);
  }

  /** Appends what is no event. */
  async tellText(text: string): Promise<void> {
    await appendFile(join(this.outbox, installerFiles.events(this.#job)), text);
  }

  /** Makes one of its files as large as that, and without an end. */
  async makeSparse(file: "events" | "listing", bytes: number): Promise<void> {
    const path = join(this.outbox, installerFiles[file](this.#job));
    await appendFile(path, "");
    await truncate(path, bytes);
  }

  /** Writes a game into the stage, and everything that a successful installer leaves. */
  async succeed(files: Readonly<Record<string, string>>, listing = Object.keys(files)): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.#stage, path)), { recursive: true });
      await writeFile(join(this.#stage, path), text);
      await chmod(join(this.#stage, path), path.startsWith("srcds") ? 0o755 : 0o644);
    }
    const paths = new Set(listing.flatMap((path) => [path, ...parents(path)]));
    await writeFile(join(this.outbox, installerFiles.listing(this.#job)), [...paths].map((path) => `${path}\0`).join(""));
    await this.tell({ type: "end" });
    this.end({ exitCode: 0 });
  }

  end(how: { exitCode?: number; signal?: string }): void {
    this.#running?.resolve(how);
    this.#running = undefined;
  }
}

function parents(path: string): string[] {
  const parent = dirname(path);
  return parent === "." ? [] : [parent, ...parents(parent)];
}
