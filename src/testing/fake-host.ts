import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "../domain/finding.ts";
import type { LogGapReason } from "../domain/log-entry.ts";
import type { ResourceUsage } from "../domain/runtime-status.ts";
import type { ReadinessProbe } from "../host/host-context.ts";
import { openHost } from "../host/open-host.ts";
import { routes } from "../service/routes.ts";
import { CallScript, type RpcName, type ScriptedFailure } from "./call-script.ts";
import type { FakeBehaviour } from "./fake-behaviour.ts";
import { fakeBuild } from "./fake-build.ts";
import { FakeDiagnosis } from "./fake-diagnosis.ts";
import { FakeDriver } from "./fake-driver.ts";
import { FakeServer } from "./fake-server.ts";
import { FakeSteam } from "./fake-steam.ts";
import type { GameEnd } from "./game/game-end.ts";
import { defaultSteam, type SteamScript } from "./steam-script.ts";

/** How a fake host begins. */
export type FakeHostOptions = Partial<FakeBehaviour> & {
  /** Where to listen: a TCP port of 127.0.0.1 (0 = any free one) or the path of a unix socket. Default: 0. */
  readonly listen?: number | string;
  /** Where the host keeps what it keeps. Default: a temporary directory, removed by `close`. */
  readonly root?: string;
  /** Begins without a game build, unless `root` has one, so that starts answer NO_BUILD until one is imported or installed. Default: false. */
  readonly withoutBuild?: boolean;
  /** How long every call waits before the host sees it, in milliseconds; as {@link FakeHost.delay} of all. Default: 0. */
  readonly latencyMs?: number;
  /** How long a start waits for readiness before it answers NOT_READY, in seconds. Default: 120, as on a real host. */
  readonly readyTimeoutSeconds?: number;
  /** How long a stream may be silent before a heartbeat, in seconds. Default: 15, as on a real host. */
  readonly heartbeatSeconds?: number;
};

/** How a fake game is ended by {@link FakeHost.crash}. */
export type Crash = GameEnd & {
  /** It counts as the last one of many: the host gives up, and the instance is FAILED. Default: false, it is restarted. */
  readonly loop?: boolean;
};

/** What a game says to use; what is left out is what a fake game uses by itself (512 MiB, half a CPU, 8 tasks). */
export type ScriptedUsage = Partial<Omit<ResourceUsage, "sampleTime">>;

/** A finding of {@link FakeHost.diagnosis}. */
export type ScriptedFinding = Finding;

/** A running fake host, and the script of what happens there. */
export type FakeHost = {
  /** For `createHostClient`: `http://127.0.0.1:…` or `unix:/…`. */
  readonly address: string;
  /** How games behave; change it at any time. */
  readonly behaviour: FakeBehaviour;
  /** Has calls wait before the host sees them, in milliseconds; 0 ends it. One RPC's delay takes the place of that of all. */
  delay(rpc: RpcName | "all", ms: number): void;
  /** Has the next calls fail before the host sees them. Failures of one RPC are used up in the order in which they were given. */
  failNext(rpc: RpcName | "all", failure: ScriptedFailure): void;
  /** Ends all delays and failures of calls. */
  clearCalls(): void;
  /** Has a running game print lines, each without its line break. @throws Error when it does not run */
  print(name: string, lines: string | readonly string[]): void;
  /**
   * Ends a running game: by SIGSEGV unless told otherwise. As on a real host it is restarted after a while (see `restartMs`),
   * but for an exit with code 0.
   * @throws Error when it does not run
   */
  crash(name: string, how?: Crash): void;
  /**
   * Starts the game of an instance that was started once, behind the host's back, as `systemctl start` would: a stopped instance runs
   * and has the drift STARTED_OUTSIDE. Resolves when it runs. (One that ends by itself, `crash(name, { code: 0 })`, has
   * STOPPED_OUTSIDE.)
   * @throws Error when it was never started, or runs
   */
  startOutside(name: string): Promise<void>;
  /**
   * Has the log of an instance that was started once lose lines at its present end: whoever reads past there, live or later, is told
   * a gap. undefined = how many is not known.
   * @param reason what the gap says of it. Default: TRIMMED
   * @throws Error when it was never started
   */
  loseLines(name: string, count: number | undefined, reason?: LogGapReason): void;
  /** What Diagnose finds from now on, and nothing else. Default: one finding that is OK and says that this is a fake. */
  diagnosis(findings: readonly ScriptedFinding[]): void;
  /** What the games of a name use from now on, also those that start later: bytes, seconds of CPU time, tasks. */
  setUsage(name: string, usage: ScriptedUsage): void;
  /**
   * Whether the games of a name are ready: false = not, however long they run; true = as soon as they run; undefined = after
   * `readyMs`, as without the call. A game that has become ready stays so until it ends.
   */
  setReadiness(name: string, ready: boolean | undefined): void;
  /** What SteamCMD does in installations that begin from now on; what is left out has its default. */
  steam(script: Partial<SteamScript>): void;
  /** Drops all connections, and new ones for so many milliseconds. Default: 0. The host goes on. */
  disconnect(forMs?: number): void;
  /**
   * Ends the host and opens it anew, as a daemon that is restarted: connections are dropped, games, logs and files stay, and
   * watches begin again. Resolves when the next host answers.
   */
  restart(): Promise<void>;
  /** Ends the host, and removes its temporary directory. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Starts a fake host in this process. It answers gRPC, gRPC-Web and Connect over HTTP/2, with the real contract and the real
 * errors.
 *
 * @throws the system's error when it cannot listen; HostError STATE_DAMAGED when a given root cannot be read
 */
export async function createFakeHost(options: FakeHostOptions = {}): Promise<FakeHost> {
  const { listen = 0, root: givenRoot, withoutBuild = false, latencyMs = 0, ...others } = options;
  const { readyTimeoutSeconds = 120, heartbeatSeconds = 15, ...behaviour } = others;
  const server = await FakeServer.listen(listen);
  const root = givenRoot ?? (await mkdtemp(join(tmpdir(), "left4me-fake-")));
  const leave = async () => {
    await server.close();
    // Again where it fills: the record of a crash that was told a moment ago may still be on its way.
    if (givenRoot === undefined) await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  };
  const steam = new FakeSteam(join(root, "fake-steam"));
  const diagnosis = new FakeDiagnosis();
  // A driver with a diagnosis makes a host that offers one.
  const driver = Object.assign(new FakeDriver(behaviour, steam), { diagnose: async () => diagnosis.findings });
  const calls = new CallScript();
  calls.delay("all", latencyMs);
  const probe: ReadinessProbe = async ({ name }) => driver.isReady(name);
  const open = async () => {
    const host = await openHost({ root, driver, version: "fake", probe, readyTimeoutSeconds, heartbeatSeconds });
    if (!withoutBuild && host.builds().length === 0) await host.importBuild(fakeBuild(), true, new AbortController().signal);
    server.serve(routes(diagnosis.of(host), { hostInterceptors: [calls.interceptor] }));
    return host;
  };
  let host = await open().catch(async (error: unknown) => {
    await leave();
    throw error;
  });
  let ended: Promise<void> | undefined;
  const close = () => {
    ended ??= host.close().then(leave);
    return ended;
  };
  return {
    ...scriptOf({ driver, calls, steam, diagnosis }),
    address: server.address,
    disconnect: (forMs = 0) => server.disconnect(forMs),
    async restart() {
      server.disconnect(Number.POSITIVE_INFINITY);
      await host.close();
      host = await open();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a test says to calls, games and SteamCMD. */
type Script = Omit<FakeHost, "address" | "disconnect" | "restart" | "close" | typeof Symbol.asyncDispose>;

type Scripted = {
  readonly driver: FakeDriver;
  readonly calls: CallScript;
  readonly steam: FakeSteam;
  readonly diagnosis: FakeDiagnosis;
};

function scriptOf({ driver, calls, steam, diagnosis }: Scripted): Script {
  return {
    behaviour: driver.behaviour,
    delay: (rpc, ms) => calls.delay(rpc, ms),
    failNext: (rpc, failure) => calls.failNext(rpc, failure),
    clearCalls: () => calls.clear(),
    print(name, lines) {
      const { game } = driver.running(name);
      for (const line of [lines].flat()) game?.print(line);
    },
    crash: (name, { loop = false, ...how } = {}) => driver.running(name).crash(endOf(how), loop),
    startOutside: async (name) => driver.known(name).startOutside(),
    loseLines: (name, count, reason = "TRIMMED") => driver.known(name).log.lose(count, reason),
    diagnosis(findings) {
      diagnosis.findings = findings;
    },
    setUsage(name, usage) {
      driver.factsOf(name).usage = usage;
    },
    setReadiness(name, ready) {
      driver.factsOf(name).readiness = ready;
    },
    steam(script) {
      steam.script = { ...defaultSteam, ...script };
    },
  };
}

/** A crash is one by SIGSEGV, and one for want of memory by SIGKILL, unless it is told otherwise. */
function endOf(how: GameEnd): GameEnd {
  if (how.code !== undefined || how.signal !== undefined) return how;
  return { ...how, signal: how.oom === true ? "SIGKILL" : "SIGSEGV" };
}
