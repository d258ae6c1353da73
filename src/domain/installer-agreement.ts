import { z } from "zod";
import { installFailureSchema } from "./install-job.ts";

/*
 * What the daemon and the installer (src/installer, a process of its own that outlives the daemon) tell one another.
 *
 * Both sides write files, because files survive both of them. The daemon writes the order before it starts the installer. The
 * installer appends one JSON object a line to its events; the last one is `end`, and a file without it is that of an installer that
 * was killed. It runs as another user: the daemon takes what it reads for the word of a stranger.
 */

/** What is to be installed, and where; a file that the daemon writes for the installer. */
export const installOrderSchema = z.object({
  job: z.string().regex(/^[0-9a-f]{8,32}$/),
  /** Verify all files. */
  validate: z.boolean(),
  /** Download SteamCMD when there is none. */
  bootstrap: z.boolean(),
});
export type InstallOrder = z.output<typeof installOrderSchema>;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Milliseconds since 1970, up to the end of the year 9999: what a protobuf Timestamp can say. */
const time = z.number().int().min(0).max(253_402_300_799_999);

/** One event of the installer. */
export const installerEventSchema = z.discriminatedUnion("type", [
  /** The first one. */
  z.object({ type: z.literal("hello"), job: z.string().max(32) }),
  /** What it does now. The figures are of this phase; what is unknown is left out. */
  z.object({
    type: z.literal("progress"),
    phase: z.enum(["PREPARING", "DOWNLOADING", "VERIFYING"]),
    percent: z.number().min(0).max(100).optional(),
    doneBytes: count.optional(),
    totalBytes: count.optional(),
  }),
  /** A line of SteamCMD's, or the installer's own (which begins with `left4me: `). `time` in milliseconds since 1970. */
  z.object({ type: z.literal("line"), time, text: z.string().max(4000) }),
  /** The last one. Success means that the three proofs were found and that the listing is complete. */
  z.object({ type: z.literal("end"), failure: installFailureSchema.optional() }),
]);
export type InstallerEvent = z.output<typeof installerEventSchema>;

/** The names below the directory in which the installer writes. */
export const installerFiles = {
  /** Its events; one file a job, so that a late writer never appends to the next one's. */
  events: (job: string) => `events-${job}`,
  /** Every path below the game directory as the installer found it at its end, each ended by NUL, in any order. */
  listing: (job: string) => `listing-${job}`,
} as const;

/** A line of the events file is at most so long, in bytes; behind a longer one nothing counts. */
export const longestEvent = 64 * 1024;

/** So many bytes of the events file count. */
export const mostEventBytes = 128 * 1024 * 1024;
