import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { describeExit, type ExitFacts } from "../../domain/exit-report.ts";
import { HostError } from "../../domain/host-error.ts";
import type { ResourceUsage, RuntimeStatus } from "../../domain/runtime-status.ts";
import { helperFailed } from "../../exec/helper-failed.ts";
import { platformError } from "../../host/files/platform-error.ts";
import { afterFailure, recentStarts } from "../../host/life-cycle/restart-policy.ts";
import type { EmbeddedSettings } from "./embedded-options.ts";
import type { InstancePaths } from "./instance-paths.ts";
import { type Launched, launch } from "./launch.ts";
import type { InstanceLog } from "./logs/instance-log.ts";
import { readAnnounced } from "./processes/await-exec.ts";
import { readExit } from "./processes/exit-status.ts";
import { isAlive, signalProcess } from "./processes/process-stat.ts";
import { descendantsOf, usageOf } from "./processes/process-tree.ts";
import { settledWithin } from "./processes/settled-within.ts";
import { killTimeoutMs, killTree, type Tree } from "./processes/tree.ts";
import type { RunRecord, RunTarget } from "./run-record.ts";
import { RunState } from "./run-state.ts";

/**
 * One instance's state machine: idle → starting → running → (stopping →) idle, and running → waiting → starting after a
 * failure. Every state is on disk before anything of it happens, so that the next daemon knows what was meant.
 */
export class EmbeddedInstance {
  readonly paths: InstancePaths;
  readonly log: InstanceLog;
  readonly #settings: EmbeddedSettings;
  readonly #state: RunState;
  #tree: Tree | undefined;
  #launching: { readonly settled: Promise<unknown>; readonly abort: AbortController } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wasKilled = false;
  #isClosed = false;

  constructor(
    record: RunRecord,
    paths: InstancePaths,
    log: InstanceLog,
    settings: EmbeddedSettings,
    observe: (status: RuntimeStatus) => void,
  ) {
    this.paths = paths;
    this.log = log;
    this.#settings = settings;
    this.#state = new RunState(record, paths.record, observe, settings.log);
  }

  get record(): RunRecord {
    return this.#state.record;
  }

  /** The port's `start`. */
  async start(target: RunTarget, signal: AbortSignal): Promise<void> {
    if (this.#tree !== undefined || this.#launching !== undefined) throw new Error(`${target.name} already runs`);
    clearTimeout(this.#timer);
    await this.#launch(target, { restarts: 0, starts: [], result: "success" }, signal);
  }

  /** The port's `stop`. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#abandonLaunch();
    const tree = this.#tree;
    if (tree !== undefined) await this.#endTree(tree);
    else if (this.record.phase !== "idle" || this.record.result !== "success") this.#state.change({ phase: "idle", result: "success" });
  }

  usage(): ResourceUsage | undefined {
    return usageOf(this.processes());
  }

  /** The game's processes, without what only holds its namespaces. */
  processes(): number[] {
    const init = this.#tree === undefined ? undefined : readAnnounced(this.paths.init);
    return init === undefined || !isAlive(init) ? [] : descendantsOf(init.pid);
  }

  /** Takes over a tree that an earlier daemon started. */
  adopt(tree: Tree, change: Partial<RunRecord>): void {
    this.#tree = tree;
    this.#state.change({ ...change, tree: tree.identity });
    this.log.follow(true);
    this.#awaitEnd(tree);
  }

  /** Takes note that the game ended while no daemon ran. */
  endedWhileAway(): void {
    this.#concludeRun(true);
  }

  /** Nothing runs any more, for reasons that are not the game's; `message` is told in the log. */
  becameIdle(message: string | undefined): void {
    this.log.finish(message, Date.now(), true);
    this.#state.change({ phase: "idle", result: "success" });
  }

  /** Nothing ran and nothing runs. */
  resumeIdle(): void {
    this.log.finish(undefined, Date.now(), true);
    this.#state.change({});
  }

  /** Goes on waiting for the time of an automatic restart. */
  resumeWaiting(): void {
    this.#state.change({});
    this.#startTimer();
  }

  /** Stops observing. A launch under way is awaited, so that it is known to the next daemon as what it is. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#launching?.settled;
    clearTimeout(this.#timer); // a restart that failed meanwhile waits again
    this.#isClosed = true;
    this.#state.close();
    this.#tree?.release();
    await this.log.close();
  }

  async #launch(target: RunTarget, change: Partial<RunRecord>, signal: AbortSignal): Promise<void> {
    const abort = new AbortController();
    const work = this.#runLaunch(target, change, AbortSignal.any([signal, abort.signal]));
    this.#launching = { abort, settled: work.catch(() => {}) };
    try {
      await work;
    } finally {
      this.#launching = undefined;
    }
  }

  async #runLaunch(target: RunTarget, change: Partial<RunRecord>, signal: AbortSignal): Promise<void> {
    const invocationId = randomUUID().replaceAll("-", "");
    const now = Date.now();
    const seq = this.record.seq + 1;
    const starts = [...recentStarts(change.starts ?? this.record.starts, now, this.#settings.restartLimit), now];
    try {
      mkdirSync(this.paths.logs, { recursive: true, mode: 0o700 }); // somebody may have tidied up
      this.#state.prepare({ ...change, phase: "starting", seq, invocationId, target, starts });
      this.#state.tell();
      const log = this.log.begin(seq, invocationId);
      this.#started(await launch({ paths: this.paths, target, invocationId, log }, this.#settings, signal));
    } catch (error) {
      this.#launchFailed(error, signal, (change.restarts ?? 0) > 0);
      throw asHostError(error);
    }
  }

  #started({ tree, game }: Launched): void {
    this.#tree = tree;
    this.#wasKilled = false;
    this.log.record("STARTED", "game started");
    this.#state.change({ phase: "running", tree: tree.identity, game });
    this.log.follow(false);
    this.#awaitEnd(tree);
  }

  /** Told once: an instance that is to be restarted again has not come to rest. */
  #launchFailed(error: unknown, signal: AbortSignal, isRestart: boolean): void {
    if (signal.aborted) {
      this.log.finish(undefined);
      return this.#state.change({ phase: "idle", result: "success" });
    }
    const exit = exitOf(error);
    this.log.finish(exit === undefined ? undefined : `game could not be executed (${describeExit(exit)})`);
    const result = exit?.result ?? "resources";
    if (isRestart) this.#failed(result, exit);
    else this.#state.change({ phase: "idle", result, ...(exit === undefined ? {} : { exit }) });
  }

  #awaitEnd(tree: Tree): void {
    void tree.ended.then(() => {
      if (this.#isClosed || this.#tree !== tree) return;
      this.#concludeRun(false);
    });
  }

  /** The tree is gone: tells how, and decides what follows. */
  #concludeRun(isEstimated: boolean): void {
    this.#tree = undefined;
    const { invocationId, phase } = this.record;
    const found = readExit(this.paths.exit, invocationId) ?? killedWithAll(invocationId);
    const exit = this.#wasKilled ? { ...found, result: "timeout" } : found;
    this.log.finish(`game ${describeExit(exit)}`, exit.exitTime.getTime(), isEstimated);
    const { result } = exit;
    if (phase === "stopping" || result === "success") return this.#state.change({ phase: "idle", result, exit });
    this.#failed(result, exit);
  }

  #failed(result: string, exit: ExitFacts | undefined): void {
    const now = Date.now();
    const { restartLimit } = this.#settings;
    const decision = afterFailure(this.record.starts, now, restartLimit);
    const facts = exit === undefined ? {} : { exit };
    if (decision.type === "give-up") {
      this.log.record("GAVE_UP", `not restarting: ${decision.starts} starts within ${restartLimit.windowSeconds} s`);
      return this.#state.change({ phase: "idle", result: "start-limit-hit", ...facts });
    }
    const { delaySeconds, attempt } = decision;
    this.log.record("RESTARTING", `restarting in ${delaySeconds} s (attempt ${attempt} of ${restartLimit.burst})`);
    this.#state.change({ phase: "waiting", result, restartAt: now + delaySeconds * 1000, ...facts });
    this.#startTimer();
  }

  #startTimer(): void {
    // A clock that was set back meanwhile must not make it wait for longer than any restart does.
    const longest = this.#settings.restartLimit.longestDelaySeconds * 1000;
    const delay = Math.min(longest, Math.max(0, (this.record.restartAt ?? 0) - Date.now()));
    this.#timer = setTimeout(() => void this.#restart(), delay);
  }

  /** An automatic restart keeps its generation; a launch that fails counts as a failure of the game. */
  async #restart(): Promise<void> {
    const { target } = this.record;
    if (target === undefined || this.#isClosed) return;
    const { signal } = new AbortController();
    try {
      await this.#launch(target, { restarts: this.record.restarts + 1 }, signal);
    } catch (error) {
      this.#settings.log(`${target.name}: the automatic restart failed: ${error}`);
    }
  }

  async #abandonLaunch(): Promise<void> {
    const launching = this.#launching;
    if (launching === undefined) return;
    launching.abort.abort(new HostError("SUPERSEDED", "the start was superseded by a stop"));
    await launching.settled;
  }

  /** SIGINT, patience, SIGKILL for PID 1 of the namespace; then nothing is left, no child of the game either. */
  async #endTree(tree: Tree): Promise<void> {
    this.#state.change({ phase: "stopping" });
    const { game } = this.record;
    if (game !== undefined) signalProcess(game, "SIGINT");
    if (await settledWithin(tree.ended, this.#settings.stopTimeoutSeconds * 1000)) return;
    this.#wasKilled = true;
    killTree(this.paths, tree.identity);
    if (await settledWithin(tree.ended, killTimeoutMs)) return;
    throw helperFailed(["kill", "-KILL", String(tree.identity.pid)], { timedOut: true });
  }
}

/** PID 1 of the namespace could not tell how the game ended, because only SIGKILL ends it. */
function killedWithAll(invocationId: string): ExitFacts {
  return { invocationId, signal: "SIGKILL", result: "signal", exitTime: new Date() };
}

/** How a program ended that could not be executed; undefined when it never came so far. */
function exitOf(error: unknown): ExitFacts | undefined {
  const exit = error instanceof HostError ? error.startFailure?.exit : undefined;
  if (exit === undefined) return undefined;
  const { intended: _, lastLines: __, ...facts } = exit;
  return facts;
}

/** A full disk has a reason of its own. */
function asHostError(error: unknown): unknown {
  const platform = platformError(error);
  return platform?.reason === "DISK_FULL" ? platform : error;
}
