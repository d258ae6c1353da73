import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describeExit, type ExitFacts } from "../domain/exit-report.ts";
import { HostError } from "../domain/host-error.ts";
import type { LifecycleEvent, LogPiece, LogStart } from "../domain/log-entry.ts";
import { neverStarted, type ResourceUsage, type RuntimeStatus } from "../domain/runtime-status.ts";
import {
  type DriverInfo,
  type HostDriver,
  noCapabilities,
  type RuntimeIdentity,
  type RuntimeObserver,
  type StartTarget,
} from "../host/driver.ts";
import { FakeLog } from "./fake-log.ts";

/** How fake games behave. Every value can be changed while the host runs. */
export type FakeBehaviour = {
  /** How long a start takes, in milliseconds. Default: 5. */
  startMs: number;
  /** How long a started game takes to become ready, in milliseconds. Default: 10. */
  readyMs: number;
  /** How long a stop takes, in milliseconds. Default: 5. */
  stopMs: number;
  /** When set, starts fail with START_FAILED and this text. */
  startFailure: string | undefined;
};

type Game = {
  status: RuntimeStatus;
  readonly log: FakeLog;
  readonly uid: string;
  startedAt: number;
  /** Whether anything was written since the last reset. */
  dirty: boolean;
};

/**
 * A driver without processes: it keeps the port's promises about states, logs and observations in memory, so that the web
 * tier can test against the real use cases. It says so: `driver` is `fake`, and no capability is claimed.
 */
export class FakeDriver implements HostDriver {
  readonly info: DriverInfo = {
    name: "fake",
    transport: "",
    ...noCapabilities,
  };
  readonly behaviour: FakeBehaviour;
  readonly #games = new Map<string, Game>();
  #observe: RuntimeObserver = () => {};
  #lastPid = 1000;

  constructor(behaviour: Partial<FakeBehaviour> = {}) {
    this.behaviour = { startMs: 5, readyMs: 10, stopMs: 5, startFailure: undefined, ...behaviour };
  }

  async check(): Promise<void> {}

  /** Games outlive a host that is closed, as those of real drivers do: another one may be opened over them. */
  async open(_known: readonly RuntimeIdentity[], observe: RuntimeObserver): Promise<void> {
    this.#observe = observe;
    for (const [name, { status }] of this.#games) observe(name, status);
  }

  async close(): Promise<void> {
    this.#observe = () => {};
  }

  async start(target: StartTarget, signal: AbortSignal): Promise<void> {
    const game = this.#game(target);
    const invocationId = randomUUID().replaceAll("-", "");
    this.#set(target.name, game, {
      activeState: "activating",
      subState: "start",
      result: "success",
      invocationId,
      mounted: true,
      generation: target.generation,
      restarts: 0,
    });
    await sleep(this.behaviour.startMs);
    if (signal.aborted) {
      this.#rest(target.name, game);
      throw signal.reason;
    }
    if (this.behaviour.startFailure !== undefined) this.#fail(target.name, game, this.behaviour.startFailure);
    this.#lastPid += 1;
    game.startedAt = Date.now();
    game.dirty = true;
    this.#event(game, "STARTED", "game started");
    this.#set(target.name, game, { activeState: "active", subState: "running", mainPid: this.#lastPid });
    for (const line of [
      "#Console initialized.",
      '#Game_srv.so loaded for "Left 4 Dead 2"',
      `Network: IP 0.0.0.0, mode MP, dedicated Yes, ports ${target.spec.port} SV / 0 CL`,
    ])
      this.print(target.name, line);
  }

  async stop({ name, uid }: RuntimeIdentity): Promise<void> {
    const game = this.#game({ name, uid });
    if (game.status.activeState === "active") {
      this.#set(name, game, { activeState: "deactivating", subState: "stop-sigterm" });
      await sleep(this.behaviour.stopMs);
      this.#end(name, game, { code: 0, result: "success" }, "inactive");
    } else this.#rest(name, game);
  }

  async reset(identity: RuntimeIdentity): Promise<boolean> {
    await this.stop(identity);
    const game = this.#game(identity);
    const { dirty } = game;
    game.dirty = false;
    return dirty;
  }

  async remove({ name }: RuntimeIdentity): Promise<void> {
    this.#games.get(name)?.log.close();
    this.#games.delete(name);
  }

  recordEvent(identity: RuntimeIdentity, event: LifecycleEvent, message: string): void {
    this.#event(this.#game(identity), event, message);
  }

  usage(name: string): ResourceUsage | undefined {
    const game = this.#games.get(name);
    if (game?.status.activeState !== "active") return undefined;
    return { sampleTime: new Date(), memoryBytes: 512 * 1024 * 1024, cpuSeconds: (Date.now() - game.startedAt) / 2000, tasks: 8 };
  }

  async processes(name: string): Promise<readonly number[]> {
    const pid = this.#games.get(name)?.status.mainPid ?? 0;
    return pid === 0 ? [] : [pid];
  }

  async *logs(identity: RuntimeIdentity, start: LogStart, follow: boolean, signal: AbortSignal): AsyncGenerator<LogPiece> {
    yield* this.#game(identity).log.read(start, follow, signal);
  }

  async logEnd(identity: RuntimeIdentity): Promise<string> {
    return this.#game(identity).log.end();
  }

  /** Whether a game has run for `readyMs`; the host's readiness probe. */
  isReady(name: string): boolean {
    const game = this.#games.get(name);
    return game?.status.activeState === "active" && Date.now() - game.startedAt >= this.behaviour.readyMs;
  }

  /** Has a running game print a line. */
  print(name: string, message: string): void {
    const game = this.#running(name);
    game.log.append({ message, invocationId: game.status.invocationId });
  }

  /** Ends a running game as a crash (`SIGSEGV`) or with an exit code; nothing restarts it. */
  crash(name: string, how: { readonly code: number } | { readonly signal: string } = { signal: "SIGSEGV" }): void {
    const clean = "code" in how && how.code === 0;
    const result = clean ? "success" : "code" in how ? "exit-code" : "signal";
    this.#end(name, this.#running(name), { ...how, result }, clean ? "inactive" : "failed");
  }

  #running(name: string): Game {
    const game = this.#games.get(name);
    if (game?.status.activeState !== "active") throw new Error(`the fake game "${name}" does not run`);
    return game;
  }

  #game({ name, uid }: RuntimeIdentity): Game {
    const found = this.#games.get(name);
    if (found?.uid === uid) return found;
    const game: Game = { status: neverStarted(new Date()), log: new FakeLog(), uid, startedAt: 0, dirty: false };
    this.#games.set(name, game);
    return game;
  }

  #fail(name: string, game: Game, text: string): never {
    game.log.append({ message: text, invocationId: game.status.invocationId });
    this.#end(name, game, { code: 1, result: "exit-code" }, "failed");
    throw new HostError("START_FAILED", `the game of "${name}" exited with code 1 while starting: ${text}`, {
      metadata: { name, exit: "exited with code 1" },
      startFailure: { step: "starting" },
    });
  }

  #end(name: string, game: Game, how: Pick<ExitFacts, "code" | "signal" | "result">, activeState: "inactive" | "failed"): void {
    const exit: ExitFacts = { ...how, invocationId: game.status.invocationId, exitTime: new Date() };
    this.#event(game, "EXITED", `game ${describeExit(exit)}`);
    this.#set(name, game, {
      activeState,
      subState: activeState === "failed" ? "failed" : "dead",
      result: how.result,
      mainPid: 0,
      mounted: false,
      generation: 0,
      exit,
    });
  }

  #rest(name: string, game: Game): void {
    this.#set(name, game, { activeState: "inactive", subState: "dead", result: "success", mainPid: 0, mounted: false, generation: 0 });
  }

  #event(game: Game, event: LifecycleEvent, message: string): void {
    game.log.append({ message, invocationId: game.status.invocationId, event });
  }

  #set(name: string, game: Game, change: Partial<RuntimeStatus>): void {
    game.status = { ...game.status, ...change, since: new Date() };
    this.#observe(name, game.status);
  }
}
