import { dirname } from "node:path";
import { z } from "zod";
import type { HostLayout } from "../../domain/host-layout.ts";
import { type InstallJob, type InstallLine, installFailureSchema } from "../../domain/install-job.ts";
import { readJsonFile, writeFileDurably } from "../files/durable-file.ts";
import { makeDirectory } from "../files/make-directory.ts";

/**
 * How far a job has got; what the next daemon goes on with.
 * INSTALLING: its installer runs, or has ended and nobody has looked yet.
 * PUBLISHING: the installer was successful, and what it wrote is being made a build.
 */
const stages = ["INSTALLING", "PUBLISHING", "OVER"] as const;

const recordSchema = z.object({
  schema: z.literal(1),
  id: z.string(),
  stage: z.enum(stages),
  validate: z.boolean(),
  bootstrap: z.boolean(),
  keepActiveBuild: z.boolean(),
  caller: z.string(),
  startTime: z.iso.datetime(),
  /** "" from nothing. */
  baseBuildId: z.string(),
  /** "" until it is known; then the manifest of that name tells whether it was published. */
  buildId: z.string(),
  /** The build that was active when `buildId` became known, "" = none; records of older daemons do not tell it. */
  activeBefore: z.string().optional(),
  /** The host did not have `buildId` when it became known; told with `activeBefore`. */
  isNew: z.boolean().optional(),
  /** Somebody has cancelled it: whatever its installer has come to, nothing is published. */
  cancelled: z.boolean().optional(),
  /** Only of a job that is over. */
  outcome: z.enum(["SUCCEEDED", "FAILED", "CANCELLED"]).optional(),
  endTime: z.iso.datetime().optional(),
  upToDate: z.boolean(),
  activated: z.boolean(),
  removedBuildIds: z.array(z.string()),
  failure: installFailureSchema.optional(),
  lines: z.array(z.object({ sequence: z.number().int(), time: z.iso.datetime(), text: z.string() })),
});

/** install/job.json: the running or the last job. */
export type JobRecord = z.output<typeof recordSchema>;

/** @returns undefined when there never was a job @throws HostError STATE_DAMAGED */
export function readJobRecord(layout: HostLayout): Promise<JobRecord | undefined> {
  return readJsonFile(layout.installJob, recordSchema);
}

/** Resolves when it is on the disk. @throws HostError DISK_FULL */
export async function writeJobRecord(layout: HostLayout, record: JobRecord): Promise<void> {
  await makeDirectory(dirname(layout.installJob), 0o700);
  await writeFileDurably(layout.installJob, `${JSON.stringify(record)}\n`, 0o640);
}

/** A job as the host shows it from its record alone. */
export function jobOf(record: JobRecord): InstallJob {
  const { id, stage, outcome, startTime, endTime, failure } = record;
  const { buildId, upToDate, activated, baseBuildId, caller, validate, keepActiveBuild, removedBuildIds } = record;
  return {
    id,
    phase: outcome ?? (stage === "PUBLISHING" ? "PUBLISHING" : "PREPARING"),
    startTime: new Date(startTime),
    ...(endTime === undefined ? {} : { endTime: new Date(endTime) }),
    ...(failure === undefined ? {} : { failure }),
    ...{
      buildId: outcome === "SUCCEEDED" ? buildId : "",
      upToDate,
      activated,
      baseBuildId,
      caller,
      validate,
      keepActiveBuild,
      removedBuildIds,
    },
  };
}

/** The lines that a record keeps. */
export function linesOf({ lines }: JobRecord): InstallLine[] {
  return lines.map(({ sequence, time, text }) => ({ sequence, time: new Date(time), text }));
}
