import { z } from "zod";
import { errorReasons } from "./host-error.ts";

/** What an installation job does, or how it ended; the contract's InstallPhase. */
export const installPhases = ["PREPARING", "DOWNLOADING", "VERIFYING", "PUBLISHING", "SUCCEEDED", "FAILED", "CANCELLED"] as const;
export type InstallPhase = (typeof installPhases)[number];

/** Why an installation failed; the contract's InstallFailure. */
export const installFailureSchema = z.object({
  reason: z.enum(errorReasons),
  /** What failed. */
  cause: z.string().max(4000),
  /** What to do. */
  cure: z.string().max(4000),
  exitCode: z.number().int().min(0).max(255).optional(),
  /** e.g. `SIGKILL`; "" when no signal ended it. */
  signal: z.string().max(32).default(""),
  /** The end of what the failed program wrote. */
  stderr: z.string().max(4096).default(""),
  /** Every value that stands in `cause`. */
  metadata: z.record(z.string().max(64), z.string().max(2000)).default({}),
});
export type InstallFailure = z.output<typeof installFailureSchema>;

/** An installation job; the contract's InstallJob. */
export type InstallJob = {
  readonly id: string;
  readonly phase: InstallPhase;
  /** Undefined = unknown; the same for the next ones. */
  readonly percent?: number;
  readonly doneBytes?: number;
  readonly totalBytes?: number;
  readonly bytesPerSecond?: number;
  readonly remainingSeconds?: number;
  readonly startTime: Date;
  readonly endTime?: Date;
  /** "" until a build was published or found to be current. */
  readonly buildId: string;
  /** The host had the build already. */
  readonly upToDate: boolean;
  readonly activated: boolean;
  /** "" when it installs from nothing. */
  readonly baseBuildId: string;
  /** Who began it. */
  readonly caller: string;
  readonly validate: boolean;
  readonly keepActiveBuild: boolean;
  readonly removedBuildIds: readonly string[];
  readonly failure?: InstallFailure;
};

/** A line of SteamCMD's output; `sequence` counts from 1. */
export type InstallLine = { readonly sequence: number; readonly time: Date; readonly text: string };

/** Whether a job is over. */
export function isOver({ phase }: Pick<InstallJob, "phase">): boolean {
  return phase === "SUCCEEDED" || phase === "FAILED" || phase === "CANCELLED";
}
