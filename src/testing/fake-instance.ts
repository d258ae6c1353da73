import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describeExit, type ExitFacts } from "../domain/exit-report.ts";
import { HostError } from "../domain/host-error.ts";
import type { LifecycleEvent } from "../domain/log-entry.ts";
import { neverStarted, type ResourceUsage, type RuntimeStatus } from "../domain/runtime-status.ts";
import { restartLimit, type StartTarget } from "../host/driver.ts";
import { afterFailure, recentStarts } from "../host/life-cycle/restart-policy.ts";
import type { FakeBehaviour } from "./fake-behaviour.ts";
import { FakeLog } from "./fake-log.ts";
import { FakeGame } from "./game/fake-game.ts";
import { type GameEnd, resultOf } from "./game/game-end.ts";
import { MergedTree } from "./game/merged-tree.ts";
import { uncover, type WrittenTree } from "./game/written-tree.ts";

/** What a test says of the games of one name; it holds for every later instance of the name, too. */
export type ScriptedFacts = {
  /** Whether the game is ready; undefined = `readyMs` after it has bound its port. */
  readiness: boolean | undefined;
  /** What it uses; what is left out is what a fake game uses by itself. */
  usage: Partial<Omit<ResourceUsage, "sampleTime">>;
};

/** What an instance is given by its driver. */
export type FakeSettings = {
  readonly behaviour: FakeBehaviour;
  readonly facts: ScriptedFacts;
  /** A number that no other game has. */
  readonly nextPid: () => number;
};

/** One fake instance: its game, its log, and what the game wrote. It goes through the states of a real one. */
export class FakeInstance {
  readonly name: string;
  readonly uid: string;
  readonly log = new FakeLog();
  /** What the game wrote since the last reset. */
  written: WrittenTree = new Map();
  readonly #settings: FakeSettings;
  readonly #observe: (status: RuntimeStatus) => void;
  #status = neverStarted(new Date());
  #game: FakeGame | undefined;
  #startedAt = 0;
  #target: StartTarget | undefined;
  #starts: number[] = [];
  #launching: { readonly settled: Promise<unknown>; readonly abort: AbortController } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How the end that is under way is told, where that is not the game's own word. */
  #verdict: "timeout" | "start-limit-hit" | undefined;

  constructor(name: string, uid: string, settings: FakeSettings, observe: (status: RuntimeStatus) => void) {
    this.name = name;
    this.uid = uid;
    this.#settings = settings;
    this.#observe = observe;
  }

  get status(): RuntimeStatus {
    return this.#status;
  }

  /** The running game; undefined when none runs. */
  get game(): FakeGame | undefined {
    return this.#game;
  }

  /** The host's question whether the game is ready. */
  get isReady(): boolean {
    if (this.#game === undefined) return false;
    const { facts, behaviour } = this.#settings;
    const { boundAt } = this.#game;
    return facts.readiness ?? (boundAt !== undefined && Date.now() - boundAt >= behaviour.readyMs);
  }

  /** What the game uses now; undefined when it does not run. */
  usageNow(): ResourceUsage | undefined {
    if (this.#game === undefined) return undefined;
    const cpuSeconds = (Date.now() - this.#startedAt) / 2000;
    return { memoryBytes: 512 * 1024 * 1024, cpuSeconds, tasks: 8, ...this.#settings.facts.usage, sampleTime: new Date() };
  }

  /** The port's `start`. */
  async start(target: StartTarget, signal: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    this.#starts = [];
    await this.#launch(target, 0, signal);
  }

  /** The port's `stop`. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#launching?.abort.abort(new HostError("SUPERSEDED", "the start was superseded by a stop"));
    await this.#launching?.settled;
    const game = this.#game;
    if (game === undefined) {
      if (this.#status.activeState !== "inactive") this.#rest("success");
      return;
    }
    const { stopMs, killAfterMs } = this.#settings.behaviour;
    this.#set({ activeState: "deactivating", subState: "stop-sigterm" });
    await sleep(stopMs);
    game.interrupt();
    const patience = new AbortController();
    await Promise.race([game.over, sleep(killAfterMs, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
    if (this.#game === game) this.#verdict = "timeout";
    game.end({ signal: "SIGKILL" });
  }

  /** Starts the game as it was started last, without the host. @throws Error when it never was, or runs */
  async startOutside(): Promise<void> {
    if (this.#target === undefined) throw new Error(`the fake instance "${this.name}" has never been started`);
    if (this.#status.activeState !== "inactive" && this.#status.activeState !== "failed")
      throw new Error(`the fake game "${this.name}" is ${this.#status.activeState} already`);
    await this.start(this.#target, new AbortController().signal);
  }

  /** Ends the running game. @param loops it is taken for one that crashes again and again: the host gives up */
  crash(how: GameEnd, loops: boolean): void {
    if (loops) this.#verdict = "start-limit-hit";
    this.#game?.end(how);
  }

  /** Ends everything without a word: the instance is removed. */
  close(): void {
    clearTimeout(this.#timer);
    this.#launching?.abort.abort();
    this.#game?.end({ signal: "SIGKILL" });
    clearTimeout(this.#timer);
    this.log.close();
  }

  event(event: LifecycleEvent, message: string): void {
    this.log.append({ message, partial: false, invocationId: this.#status.invocationId, event });
  }

  async #launch(target: StartTarget, restarts: number, signal: AbortSignal): Promise<void> {
    const abort = new AbortController();
    const work = this.#runLaunch(target, restarts, AbortSignal.any([signal, abort.signal]));
    this.#launching = { abort, settled: work.catch(() => {}) };
    try {
      await work;
    } finally {
      this.#launching = undefined;
    }
  }

  async #runLaunch(target: StartTarget, restarts: number, signal: AbortSignal): Promise<void> {
    const { behaviour, nextPid } = this.#settings;
    const now = Date.now();
    this.#target = target;
    this.#verdict = undefined;
    this.#starts = [...recentStarts(this.#starts, now, restartLimit), now];
    const invocationId = randomUUID().replaceAll("-", "");
    const { generation } = target;
    this.#set({ activeState: "activating", subState: "start", result: "success", invocationId, mounted: true, generation, restarts });
    await sleep(behaviour.startMs);
    if (signal.aborted) {
      this.#rest("success");
      throw signal.reason;
    }
    if (behaviour.startFailure !== undefined) this.#failStart(behaviour.startFailure);
    uncover(this.written, target.managedFiles);
    const game = this.#newGame(target, invocationId);
    this.#game = game;
    this.#startedAt = Date.now();
    this.event("STARTED", "game started");
    this.#set({ activeState: "active", subState: "running", mainPid: nextPid() });
    setTimeout(() => void game.boot(), behaviour.bootMs);
  }

  #newGame({ argv, layers }: StartTarget, invocationId: string): FakeGame {
    return new FakeGame({
      argv,
      tree: new MergedTree(layers, this.written),
      tell: (line) => this.log.append({ ...line, invocationId }),
      ended: (end) => this.#ended(end),
    });
  }

  /** What a program that ends before it runs leads to. Nothing restarts it. */
  #failStart(text: string): never {
    this.log.append({ message: text, partial: false, invocationId: this.#status.invocationId });
    const exit = this.#exitOf({ code: 1 });
    this.event("EXITED", `game ${describeExit(exit)}`);
    this.#rest("exit-code", exit);
    throw new HostError("START_FAILED", `the game of "${this.name}" could not be executed (exited with code 1): ${text}`, {
      metadata: { name: this.name, exit: "exited with code 1" },
      startFailure: { step: "exec" },
    });
  }

  #ended(end: GameEnd): void {
    this.#game = undefined;
    const exit = this.#exitOf(end);
    this.event("EXITED", `game ${describeExit(exit)}`);
    if (this.#status.activeState === "deactivating" || exit.result === "success") return this.#rest(exit.result, exit);
    this.#failed(exit);
  }

  #exitOf(end: GameEnd): ExitFacts {
    const result = this.#verdict === "timeout" ? "timeout" : resultOf(end);
    return { ...end, invocationId: this.#status.invocationId, exitTime: new Date(), result };
  }

  /** Decides what follows a failure, as every driver does. */
  #failed(exit: ExitFacts): void {
    const starts = this.#verdict === "start-limit-hit" ? Array(restartLimit.burst).fill(Date.now()) : this.#starts;
    const decision = afterFailure(starts, Date.now(), restartLimit);
    if (decision.type === "give-up") {
      this.event("GAVE_UP", `not restarting: ${decision.starts} starts within ${restartLimit.windowSeconds} s`);
      return this.#rest("start-limit-hit", exit);
    }
    const delayMs = this.#settings.behaviour.restartMs ?? decision.delaySeconds * 1000;
    this.event("RESTARTING", `restarting in ${delayMs / 1000} s (attempt ${decision.attempt} of ${restartLimit.burst})`);
    this.#set({ activeState: "activating", subState: "auto-restart", result: exit.result, mainPid: 0, mounted: false, exit });
    this.#timer = setTimeout(() => void this.#restart(), delayMs);
  }

  async #restart(): Promise<void> {
    if (this.#target === undefined) return;
    // A start that fails has told so by its state.
    await this.#launch(this.#target, this.#status.restarts + 1, new AbortController().signal).catch(() => {});
  }

  #rest(result: string, exit?: ExitFacts): void {
    const isClean = result === "success";
    this.#set({
      ...(isClean ? { activeState: "inactive", subState: "dead" } : { activeState: "failed", subState: "failed" }),
      ...{ result, mainPid: 0, mounted: false, generation: 0 },
      ...(exit === undefined ? {} : { exit }),
    });
  }

  #set(change: Partial<RuntimeStatus>): void {
    this.#status = { ...this.#status, ...change, since: new Date() };
    this.#observe(this.#status);
  }
}
