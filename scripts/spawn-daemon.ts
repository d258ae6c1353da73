import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A daemon that is to be started from its sources or from a bundle. */
export type SpawnDaemonOptions = {
  /** LEFT4ME_ROOT; the socket is hostd.sock in it. */
  readonly root: string;
  /** Default: the sources. */
  readonly program?: string;
  /** Addresses besides the socket. Default: none. */
  readonly listen?: readonly string[];
  /** Default: info. */
  readonly logLevel?: "debug" | "info" | "warn" | "error";
  /** Variables besides ours. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its messages go: to our standard error, or into `said`. Default: inherit. */
  readonly messages?: "inherit" | "keep";
};

/** A daemon with the embedded driver in a process of its own. */
export type SpawnedDaemon = {
  readonly pid: number;
  readonly address: string;
  /** Resolves when it listens, at `performance.now()`. Rejects with {@link DaemonEnded}. */
  readonly listening: Promise<number>;
  /** Resolves with its exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** Resolves when it listens and its host is open. Rejects with {@link DaemonEnded} when it can never be. */
  opened(): Promise<void>;
  /** Signals it (default: SIGTERM) and waits for its end. Games go on. */
  end(signal?: NodeJS.Signals): Promise<void>;
};

/** A daemon that ended before it could be used. */
export class DaemonEnded extends Error {
  override readonly name = "DaemonEnded";
  /** 1 when a signal ended it. */
  readonly exitCode: number;

  /** @param said its messages, as far as they were kept */
  constructor(end: number | string, said: string) {
    super(said === "" ? `the daemon ended (${end}) before it could be used` : said);
    this.exitCode = typeof end === "number" ? end : 1;
  }
}

/** So long a daemon that could not open its host may take to end. */
const closeLimitMs = 5000;

/** What is started here installs the stand-in game, from a stand-in, unless somebody says otherwise. */
const standInSteamCmd = {
  LEFT4ME_STEAMCMD: fileURLToPath(new URL("../standin/steamcmd/steamcmd.sh", import.meta.url)),
  LEFT4ME_INSTALL_MIN_FREE: String(64 * 2 ** 20),
};

const sources = fileURLToPath(new URL("../src/daemon/main.ts", import.meta.url));

/**
 * Starts a daemon. The one place for `npm start`, benches, evidence and conformance; in scripts/, because tests and benches
 * may use what scripts use, and never the other way round.
 */
export function spawnDaemon({
  root,
  program = sources,
  listen = [],
  logLevel = "info",
  messages = "inherit",
  env = {},
}: SpawnDaemonOptions): SpawnedDaemon {
  const address = `unix:${join(root, "hostd.sock")}`;
  const addresses = [address, ...listen].flatMap((each) => ["--listen", each]);
  const args = [program, "--root", root, "--driver", "embedded", "--log-level", logLevel, ...addresses];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", messages === "keep" ? "pipe" : "inherit"],
    env: { ...standInSteamCmd, ...process.env, ...env },
  });
  const word = Promise.withResolvers<number>();
  child.stdout?.once("data", () => word.resolve(performance.now()));
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = once(child, "close").then(([code, signal]: (number | string | null)[]) => code ?? signal ?? 1);
  const failed = ended.then((end) => Promise.reject(new DaemonEnded(end, said.trim())));
  const listening = Promise.race([word.promise, failed]);
  for (const promise of [failed, listening]) promise.catch(() => {}); // for whoever waits for it
  return {
    pid: child.pid ?? 0,
    address,
    listening,
    ended,
    async opened() {
      await listening;
      const answered = answersOf(address).catch(async (error: unknown) => {
        await Promise.race([failed, sleep(closeLimitMs)]);
        throw error;
      });
      await Promise.race([answered, failed]);
    },
    async end(signal = "SIGTERM") {
      child.kill(signal);
      await ended;
    },
  };
}

/** Resolves when the host at an address answers. The client is loaded only now: the daemon starts meanwhile. */
async function answersOf(address: string): Promise<void> {
  const { createHostClient } = await import("../src/client/index.ts");
  const client = createHostClient({ address });
  try {
    await client.host.getHost({});
  } finally {
    client.close();
  }
}
