import type { Archive } from "../domain/archive.ts";
import type { Finding } from "../domain/finding.ts";
import type { InstanceSpec } from "../domain/instance-spec.ts";
import type { LogPiece, LogStart } from "../domain/log-entry.ts";
import type { ResourceUsage, RuntimeStatus } from "../domain/runtime-status.ts";
import type { WrittenFiles } from "../domain/written-files.ts";
import type { InstallRunner } from "./install/install-runner.ts";

/**
 * The port between the host's use cases and whatever really runs games: systemd units in production, rootless
 * namespaces on a laptop, memory in tests.
 *
 * # Division of labour
 * The host decides: it owns names, specifications, the desired state, the lock of an instance, generations, errors that
 * callers see. A driver executes and reports: it mounts, runs, stops, unmounts, wipes, keeps logs, and tells what it
 * observes in the words of systemd ({@link RuntimeStatus}). It never judges an observation (a drift, a failure that
 * was intended) and never refuses an order for reasons of policy.
 *
 * # Life cycle of a driver
 * construct → {@link HostDriver.check} (may the host run games here?) → {@link HostDriver.open} (adopt what runs, report
 * every instance once, then every change) → orders → {@link HostDriver.close}. Closing never touches a game. After
 * `close` no observation is delivered. A driver is opened once.
 *
 * # Life cycle of a runtime
 * start: mount the layers of the target's generation, execute the program. stop: end the processes, then unmount.
 * `merged` exists only in between. Restarts after a crash are the driver's (policy: on failure, with back-off, at most
 * {@link restartLimit} within its window, then `failed`/`start-limit-hit`) and keep the mount's generation. A clean exit
 * that nobody asked for is `inactive`/`success` and is not restarted.
 *
 * # Concurrency
 * The host gives at most one order at a time for an instance; orders for different instances run side by side. `stop`
 * may be called while a `start` of the same instance is being abandoned (its signal has been aborted): the driver then
 * first lets its own start unwind. Observations may come at any moment, also before an order's promise settles; the
 * last observation of an instance before a promise settles already shows the order's outcome.
 *
 * # Failures
 * Orders reject with `HostError`: START_FAILED (the program could not be executed, or ended before it ran), HELPER_FAILED
 * (mount, unmount or a subprocess failed: command, exit code, stderr), HELPER_REFUSED, MOUNT_BUSY (pid, command),
 * UPPER_INCOMPATIBLE, DRIVER_UNAVAILABLE (with the exact cure), DISK_FULL, ARCHIVE_NOT_FOUND, STATE_DAMAGED (what the driver keeps
 * cannot be read), INSTANCE_RUNNING (a precondition that the host should have seen to). Anything else is a defect. After a
 * rejection the instance is in a state that `stop` can clear. No order hangs: whatever waits, waits with a limit.
 */
export interface HostDriver {
  readonly info: DriverInfo;

  /** How the game is installed through SteamCMD; a driver without it cannot. Usable after {@link HostDriver.open}. */
  readonly installer?: InstallRunner;

  /** Tries what games will need (namespaces, a mount below `root`), or throws DRIVER_UNAVAILABLE with the exact cure. */
  check(): Promise<void>;

  /**
   * Takes up what runs already and begins to observe.
   *
   * Calls `observe` for every instance that the driver has traces of before it resolves.
   * @param known the instances that the host has records of; traces of others are stopped, unmounted and removed. An empty
   *   uid stands for a record that cannot be read: nothing of that name is touched
   */
  open(known: readonly RuntimeIdentity[], observe: RuntimeObserver): Promise<void>;

  /** Stops observing and releases what the driver itself holds. Games go on. */
  close(): Promise<void>;

  /**
   * Mounts and executes. Resolves when the main process runs; readiness is the host's question.
   *
   * Clears what an earlier crash loop left (reset-failed). Undoes its own mount when it rejects.
   * @param signal abandons the start as soon as possible; the promise then rejects with the signal's reason
   */
  start(target: StartTarget, signal: AbortSignal): Promise<void>;

  /**
   * Asks the game to end (SIGINT), kills it after the stop time-out (15 s), then unmounts.
   *
   * Resolves when neither a process nor a mount is left; at once when there is none. Cancels a pending restart.
   */
  stop(identity: RuntimeIdentity): Promise<void>;

  /**
   * Stops as `stop` does, and discards what the game wrote. One order: a driver may have a shorter way than two.
   *
   * Done again after a kill with the same options it leads to the same end: an archive that is there is not made again.
   * Whenever it is killed, what the game wrote is there in full, or the reset is done but for what nobody sees.
   * @param options what is kept; default: nothing
   * @returns whether there was anything to discard
   */
  reset(identity: RuntimeIdentity, options?: ResetOptions): Promise<boolean>;

  /** The archives of an instance, the newest first. A driver without archives has none. */
  archives(identity: RuntimeIdentity): Promise<readonly Archive[]>;

  /**
   * Puts a copy of an archive in the place of what the game wrote. Precondition: stopped. Idempotent; killed at any moment,
   * what was there before is there in full, or the archive is.
   *
   * @throws HostError ARCHIVE_NOT_FOUND, UPPER_INCOMPATIBLE for one of another driver or user
   */
  restoreArchive(identity: RuntimeIdentity, archiveId: string): Promise<void>;

  /** Removes an archive; its room may come free a little later. The game may run. Idempotent. */
  deleteArchive(identity: RuntimeIdentity, archiveId: string): Promise<void>;

  /** Removes everything that the driver keeps of an instance, logs and archives too. Precondition: stopped. Idempotent. */
  remove(identity: RuntimeIdentity): Promise<void>;

  /** Adds an event of the host's own knowledge (READY, STOPPING, RESET) to the instance's log. Never rejects. */
  recordEvent(identity: RuntimeIdentity, event: "READY" | "STOPPING" | "RESET", message: string): void;

  /** What the game's processes use now; a read of the kernel's memory, which does not wait. Undefined when nothing runs. */
  usage(name: string): ResourceUsage | undefined;

  /** The processes of the running game, as process ids of the host; for questions such as "who holds the port?". */
  processes(name: string): Promise<readonly number[]>;

  /**
   * The generation that a start without the daemon (at boot, by hand) would mount: nothing that it is made of may be
   * collected. Undefined when there is none. A driver without the method has no such starts.
   */
  bootGeneration?(name: string): Promise<number | undefined>;

  /**
   * Yields an instance's log from `start` on, in order: batches of at most 256 entries, and gaps for what is lost.
   *
   * Entries that arrive while following are yielded within 20 ms, or earlier. A consumer that is slow delays nobody. Ends
   * at the end of history when `follow` is false, when `signal` aborts, and when the instance is removed. History never
   * reaches behind `identity.uid`.
   * @throws HostError INVALID_CURSOR for a position that the driver did not make; INVOCATION_NOT_FOUND
   */
  logs(identity: RuntimeIdentity, start: LogStart, follow: boolean, signal: AbortSignal): AsyncIterable<LogPiece>;

  /**
   * What the game has changed since its last reset: a bounded look at what it wrote, which follows none of its links.
   *
   * Undefined when it cannot be looked at now. A driver without the method cannot look at all.
   */
  written?(identity: RuntimeIdentity, signal: AbortSignal): Promise<WrittenFiles | undefined>;

  /**
   * Looks for what keeps games from running here: one finding for each thing looked at, with the cure where something is
   * wrong. Usable after {@link HostDriver.check}. Changes nothing, and ends within 9 s. A driver without the method gives a
   * host that offers no diagnosis.
   */
  diagnose?(signal: AbortSignal): Promise<readonly Finding[]>;

  /** The position behind the last entry of an instance's log as it is now; `""`, the beginning, when it is empty. */
  logEnd(identity: RuntimeIdentity): Promise<string>;
}

/** Names one instance beyond doubt: a later instance of the same name has another uid. */
export type RuntimeIdentity = { readonly name: string; readonly uid: string };

/** What a reset keeps. */
export type ResetOptions = {
  /** Patterns of regular files that stay in what the game wrote; see `domain/preserve-glob.ts`. */
  readonly preserve: readonly string[];
  /** Keeps all of what the game wrote as an archive, if there is anything. */
  readonly archive?: ArchiveOrder;
};

/** An archive that is to be kept. */
export type ArchiveOrder = {
  readonly id: string;
  /** The build that the game ran on; "" when that is not known. */
  readonly buildId: string;
  /** So many archives of the instance stay, the newest; at least 1. */
  readonly keep: number;
};

/** Called with every observed change of an instance. Must not throw. */
export type RuntimeObserver = (name: string, status: RuntimeStatus) => void;

/** What to run. */
export type StartTarget = RuntimeIdentity & {
  /** The generation's number; what is mounted reports it back. */
  readonly generation: number;
  /** The lower directories, absolute, from top to bottom. They are immutable while mounted. */
  readonly layers: readonly string[];
  /** Managed files that must not be hidden by an old copy in upper, relative to the game directory. */
  readonly managedFiles: readonly string[];
  /** The argument vector, executed in the merged directory; the first element is relative to it. */
  readonly argv: readonly string[];
  readonly spec: InstanceSpec;
};

/** A limit of `spec.resources`. */
export type ResourceLimit = "MEMORY_HIGH" | "MEMORY_MAX" | "TASKS_MAX" | "CPU_QUOTA" | "NICE";

/** What a driver is and what it gives; the contract's Capabilities. */
export type DriverInfo = {
  readonly name: "systemd" | "embedded" | "fake";
  /** How it reaches its privileged side; empty when it has none. */
  readonly transport: string;
  readonly isolation: boolean;
  readonly restartsWithoutDaemon: boolean;
  readonly startsAtBoot: boolean;
  /** The limits of a specification that it enforces. */
  readonly enforcedLimits: readonly ResourceLimit[];
  readonly preserve: boolean;
  readonly archives: boolean;
  readonly volatile: boolean;
  /** The user id that games run as, as the host sees it; undefined when there are no real processes. */
  readonly gameUid?: number;
  /**
   * Whether /proc/PID/fd of games can be read here. Default: yes. Where it cannot, a port is known to be a game's by the
   * user that its socket belongs to.
   */
  readonly seesDescriptors?: boolean;
  /** Who must own the files of layers so that the game can write through its mount; undefined: whoever publishes them. */
  readonly layerOwner?: { readonly uid: number; readonly gid: number };
};

/** The capabilities of a driver that has none: whoever has some says so besides. */
export const noCapabilities = {
  isolation: false,
  restartsWithoutDaemon: false,
  startsAtBoot: false,
  enforcedLimits: [],
  preserve: false,
  archives: false,
  volatile: false,
} as const satisfies Partial<DriverInfo>;

/** Restarts after failures: at most `burst` starts within `window`; then the instance has failed. */
export const restartLimit = { burst: 5, windowSeconds: 120, firstDelaySeconds: 1, longestDelaySeconds: 30 } as const;

/** How long a game may take to end after SIGINT before it is killed, in seconds. */
export const stopTimeoutSeconds = 15;
