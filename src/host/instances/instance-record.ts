import { randomUUID } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { archiveIdPattern } from "../../domain/archive-id.ts";
import { HostError } from "../../domain/host-error.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import { instanceNamePattern } from "../../domain/instance-name.ts";
import { instanceSpecSchema, labelsSchema } from "../../domain/instance-spec.ts";
import { readJsonFile, stateDamaged, writeFileAtomically, writeFileDurably } from "../files/durable-file.ts";

/** What was being done when the record was written: replayed after a kill of the daemon. */
const intentSchema = z.enum(["START", "STOP", "RESTART", "RESET", "DELETE", "RESTORE_ARCHIVE"]);
export type Intent = z.output<typeof intentSchema>;

const recordSchema = z.object({
  schema: z.literal(1),
  uid: z.string().min(1),
  name: z.string().regex(instanceNamePattern),
  spec: instanceSpecSchema,
  labels: labelsSchema,
  desiredState: z.enum(["RUNNING", "STOPPED"]),
  /** The newest published generation. */
  generation: z.number().int().min(1),
  createTime: z.iso.datetime(),
  updateTime: z.iso.datetime(),
  intent: intentSchema.optional(),
  /** The build that the game has run on last since its last reset; what it wrote may hold copies of that build's files. */
  writtenOn: z.string().optional(),
  /** The archive that the intent is about: what a RESET is keeping, what a RESTORE_ARCHIVE puts back. */
  archiveId: z.string().regex(archiveIdPattern).optional(),
  /** The invocation that a RESTART is to end. */
  endsInvocation: z.string().optional(),
});

/** An instance as it is kept on disk: instances/<name>/record.json. */
export type InstanceRecord = z.output<typeof recordSchema>;

/** Writes a record so that it survives a power cut; the old one or the new one is there, never half of one. */
export async function saveRecord(layout: HostLayout, record: InstanceRecord): Promise<void> {
  await writeFileDurably(layout.record(record.name), contentOf(record), 0o640);
}

/** Writes a record that says less to be done than the one before it: should a power cut bring that one back, it is done again. */
export async function saveSettledRecord(layout: HostLayout, record: InstanceRecord): Promise<void> {
  await writeFileAtomically(layout.record(record.name), contentOf(record), 0o640);
}

function contentOf(record: InstanceRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** One instance's record; undefined when there is none. @throws HostError STATE_DAMAGED, also for the record of another */
export async function loadRecord(layout: HostLayout, name: string): Promise<InstanceRecord | undefined> {
  const path = layout.record(name);
  const record = await readJsonFile(path, recordSchema);
  if (record !== undefined && record.name !== name) throw stateDamaged(path, `it is the record of "${record.name}"`);
  return record;
}

/** What lies below instances/: records, names whose record is damaged, and half-made directories without one. */
export type StoredInstances = {
  readonly records: readonly InstanceRecord[];
  readonly damaged: readonly { readonly name: string; readonly error: HostError }[];
  readonly halfMade: readonly string[];
};

/** Reads every record. */
export async function loadRecords(layout: HostLayout): Promise<StoredInstances> {
  const records: InstanceRecord[] = [];
  const damaged: { name: string; error: HostError }[] = [];
  const halfMade: string[] = [];
  for (const entry of await readdir(layout.instances, { withFileTypes: true })) {
    const { name } = entry;
    if (!entry.isDirectory() || !instanceNamePattern.test(name)) continue;
    try {
      const record = await loadRecord(layout, name);
      if (record === undefined) halfMade.push(name);
      else records.push(record);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      damaged.push({ name, error });
    }
  }
  return { records, damaged, halfMade };
}

/** Removes what a kill during the creation or the deletion of instances left. */
export async function clearHalfMade(layout: HostLayout, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const trash = join(layout.tmp, `half-made-${randomUUID()}`);
    await rename(layout.instance(name), trash);
    await rm(trash, { recursive: true, force: true });
  }
}
