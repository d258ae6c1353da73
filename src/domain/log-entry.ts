/** What a line of the host's own tells of; the others are the game's. */
export type LifecycleEvent = "STARTED" | "READY" | "STOPPING" | "EXITED" | "RESTARTING" | "GAVE_UP" | "RESET";
/** Why entries are missing. */
export type LogGapReason = "SLOW_CLIENT" | "TRIMMED" | "INSTANCE_REPLACED" | "STORAGE_LOST";

/** One line of a game, or one event of its life cycle. */
export type LogEntry = {
  /** Where the entry ends in the driver's own terms; a stream that starts behind it continues with the next entry. */
  readonly position: string;
  readonly time: Date;
  /** `time` was taken after the fact. */
  readonly timeEstimated: boolean;
  /** Without its line break; invalid UTF-8 replaced by U+FFFD. */
  readonly message: string;
  /** The original bytes, only when they are not valid UTF-8. */
  readonly raw?: Uint8Array;
  readonly invocationId: string;
  /** Set when the host, not the game, wrote the entry. */
  readonly event?: LifecycleEvent;
  /** A part of a line over 64 KiB: the next entry continues it. */
  readonly partial: boolean;
};

/** Longest line that stays whole, in bytes; longer ones are split into `partial` entries. */
export const maximumLineBytes = 64 * 1024;

/** What one batch holds at the most: entries, and bytes of their text. A single entry always fits. */
export const batchLimits = { entries: 256, bytes: 256 * 1024 } as const;

/** What the text of an entry takes, roughly, in bytes. */
export function textSize({ message, raw }: Pick<LogEntry, "message" | "raw">): number {
  return message.length + (raw?.length ?? 0);
}

/** What a log stream yields. `isLatest`: it is followed and has told all that there is; what comes until the next pull comes with that. */
export type LogPiece =
  | { readonly type: "batch"; readonly entries: readonly LogEntry[]; readonly isLatest?: boolean }
  | { readonly type: "gap"; readonly lost?: number; readonly reason: LogGapReason; readonly position: string };

/** Where a log stream starts. */
export type LogStart =
  | { readonly type: "position"; readonly position: string }
  | { readonly type: "history"; readonly lines: number; readonly since?: Date; readonly invocationId?: string };
