import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { InstallOrder } from "../../../domain/installer-agreement.ts";
import { syncDirectory } from "../../../host/files/durable-file.ts";
import type { InstallRunner } from "../../../host/install/install-runner.ts";
import { orAborted } from "../../../host/or-aborted.ts";
import type { EmbeddedSettings } from "../embedded-options.ts";
import { launch } from "../launch.ts";
import { readAnnounced } from "../processes/await-exec.ts";
import { readExit } from "../processes/exit-status.ts";
import { isAlive, type ProcessIdentity, signalProcess } from "../processes/process-stat.ts";
import { settledWithin } from "../processes/settled-within.ts";
import { adoptTree, killTree, type Tree } from "../processes/tree.ts";
import { clearAway, findTree } from "../recover.ts";
import type { Trash } from "../upper/trash.ts";
import { installerCommand } from "./installer-command.ts";
import { type InstallerPaths, installerPaths } from "./installer-paths.ts";

/** How long the installer may take to end SteamCMD when it is told to, in milliseconds. */
const politenessMs = 5000;

/** Runs the installer as instances are run: a process tree that holds its own mount and outlives the daemon. */
export class EmbeddedInstaller implements InstallRunner {
  readonly #paths: InstallerPaths;
  readonly #settings: EmbeddedSettings;
  readonly #trash: Trash;
  #tree: Tree | undefined;

  constructor(settings: EmbeddedSettings, trash: Trash) {
    this.#paths = installerPaths(settings.root);
    this.#settings = settings;
    this.#trash = trash;
  }

  get outbox(): string {
    return this.#paths.outbox;
  }

  async start(order: InstallOrder, layers: readonly string[]): Promise<void> {
    await this.discard();
    const { stage, nothing } = this.#paths;
    for (const directory of [stage.state, nothing]) mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#prepareExchange(order);
    const { argv, environment, binds } = installerCommand(this.#paths, this.#settings, process.env);
    const target = { layers: layers.length === 0 ? [nothing] : layers, managedFiles: [], argv };
    writeFileSync(stage.record, order.job);
    const plan = { paths: stage, target, invocationId: order.job, log: stage.logs, environment, binds };
    const { tree } = await launch(plan, this.#settings, new AbortController().signal);
    this.#tree = tree;
  }

  async ended(signal: AbortSignal): Promise<{ readonly exitCode?: number; readonly signal?: string }> {
    const tree = this.#running();
    if (tree !== undefined) await orAborted(tree.ended, signal);
    const { exit, record } = this.#paths.stage;
    const found = existsSync(record) ? readExit(exit, readFileSync(record, "utf8")) : undefined;
    if (found?.signal !== undefined) return { signal: found.signal };
    return found?.code === undefined ? {} : { exitCode: found.code };
  }

  async cancel(): Promise<void> {
    const tree = this.#running();
    if (tree === undefined) return;
    const installer = readAnnounced(this.#paths.stage.game);
    if (installer !== undefined) signalProcess(installer, "SIGTERM");
    if (await settledWithin(tree.ended, politenessMs)) return;
    killTree(this.#paths.stage, tree.identity);
    await tree.ended;
  }

  async handOver(target: string): Promise<void> {
    const { upper } = this.#paths.stage;
    if (existsSync(upper)) {
      await rename(upper, target);
      for (const directory of [dirname(target), dirname(upper)]) await syncDirectory(directory);
    }
    await this.discard();
  }

  async discard(): Promise<void> {
    const { stage } = this.#paths;
    await clearAway(stage, undefined);
    this.#tree = undefined;
    this.#trash.discard([stage.state]);
  }

  /** Lets go of the installer, which goes on. */
  close(): void {
    this.#tree?.release();
  }

  /** The installer's tree, whoever started it; undefined when none runs. */
  #running(): Tree | undefined {
    if (this.#tree === undefined) {
      const identity: ProcessIdentity | undefined = findTree(this.#paths.stage);
      if (identity === undefined || !isAlive(identity)) return undefined;
      this.#tree = adoptTree(this.#paths.stage, identity);
    }
    return this.#tree;
  }

  #prepareExchange(order: InstallOrder): void {
    const { exchange, outbox, home } = this.#paths;
    mkdirSync(exchange, { recursive: true, mode: 0o755 });
    for (const directory of [outbox, home]) {
      mkdirSync(directory, { recursive: true });
      chmodSync(directory, 0o700);
      if (this.#settings.asRoot) chownSync(directory, this.#settings.gameUid, this.#settings.gameGid);
    }
    rmSync(this.#paths.order, { force: true });
    writeFileSync(this.#paths.order, `${JSON.stringify(order)}\n`, { mode: 0o644 });
    chmodSync(this.#paths.order, 0o644);
  }
}
