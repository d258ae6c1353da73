import type { LifecycleEvent, LogPiece, LogStart } from "../../domain/log-entry.ts";
import type { RuntimeIdentity } from "../../host/driver.ts";

/**
 * The logs of all instances, read from the journal namespace `left4me`.
 *
 * The driver owns one, opens it before its first order and closes it with itself. Nothing here is privileged beyond
 * reading: who may is settled by an ACL (`direct`) or by sudoers (`sudo`).
 */
export type InstanceJournal = {
  /** Begins to follow the namespace. @throws HostError DRIVER_UNAVAILABLE, HELPER_FAILED */
  open(): Promise<void>;

  /** Stops to follow; streams end. */
  close(): Promise<void>;

  /**
   * Takes up an instance, before it may print: its lines wait for the event that they follow from now on. A line that
   * came before is history, and stands before every event that is recorded. Idempotent.
   */
  add(identity: RuntimeIdentity): void;

  /** Takes up an instance of an earlier daemon: its lines and events wait until PID 1 has been asked, see {@link adopted}. */
  adopt(identity: RuntimeIdentity): void;

  /**
   * PID 1 has been asked about an instance that was taken up so. What happened while no daemon was there is looked for in the
   * journal, and told once, between the lines of that time.
   */
  adopted(identity: RuntimeIdentity, present: PresentRun): void;

  /**
   * An instance's life-cycle event as D-Bus told it, or as the host knows it; it is placed behind the lines that the
   * journal already has. STARTED, EXITED, RESTARTING and GAVE_UP are told once of an invocation. Never rejects.
   */
  recordEvent(identity: RuntimeIdentity, event: LifecycleEvent, details: JournalEvent): void;

  /** As in `HostDriver`. */
  logs(identity: RuntimeIdentity, start: LogStart, follow: boolean, signal: AbortSignal): AsyncIterable<LogPiece>;

  /** As in `HostDriver`: the position behind the last entry; `""` is the beginning. */
  logEnd(identity: RuntimeIdentity): Promise<string>;

  /** Forgets an instance: its followers end. Idempotent. */
  remove(identity: RuntimeIdentity): Promise<void>;
};

/** When and in which run an event happened, and how it reads. */
export type JournalEvent = {
  /** 32 lower-case hexadecimal digits; empty before the first run. */
  readonly invocationId: string;
  readonly message: string;
  readonly time: Date;
};

/** How an instance is when a daemon begins to observe it. */
export type PresentRun = {
  /** The newest invocation that is known; empty before the first. */
  readonly invocationId: string;
  /** Whether that has ended. */
  readonly isOver: boolean;
  /** What PID 1 knows to have happened, whether or not it has been told. */
  readonly events: readonly (JournalEvent & { readonly event: LifecycleEvent })[];
};

/** Options of `createInstanceJournal` (journal/index.ts). */
export type JournalOptions = {
  /** LEFT4ME_ROOT, absolute. */
  readonly root: string;
  /** `direct`: journalctl as the daemon's own user. `sudo`: `sudo -n left4me-journalctl`. */
  readonly transport: "direct" | "sudo";
  /** Takes notes for the operator. */
  readonly log: (message: string) => void;
};
