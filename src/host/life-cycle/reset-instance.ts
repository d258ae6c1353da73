import { newArchiveId } from "../../domain/archive-id.ts";
import { notImplemented } from "../../domain/failures.ts";
import type { Caller, ResetRequest, ResetResult } from "../api.ts";
import type { HostContext } from "../host-context.ts";
import { type InstanceEntry, identityOf } from "../instances/instance-entry.ts";
import type { InstanceRecord } from "../instances/instance-record.ts";
import { requireArchives } from "../instances/list-archives.ts";
import { changeInstance, underIntent, type Work } from "./change-instance.ts";
import { isAtRest } from "./stop-instance.ts";

/** Stops and discards what the game wrote. See InstanceService.ResetInstance. */
export async function resetInstance(context: HostContext, request: ResetRequest, caller: Caller): Promise<ResetResult> {
  const { record } = context.registry.entry(request.name);
  if (request.archive) requireArchives(context);
  if (record.spec.preserve.length > 0 && !context.driver.info.preserve)
    throw notImplemented("preserve", "keeping files across a reset (spec.preserve)");
  const work: Work<Done> = async (_, entry, operation) =>
    reset(request.archive ? await nextArchiveId(context, entry) : undefined)(context, entry, operation);
  const done = await changeInstance(context, "RESET", request, caller, work, (uid) => resetKey(uid, request.archive));
  return { instance: context.registry.view(request.name), ...done };
}

/** What makes two resets the same request. */
export function resetKey(uid: string, archive: boolean): string {
  return archive ? `${uid} archive` : uid;
}

/** Goes on with a reset during which the daemon was killed: with the same archive, which may have been kept already. */
export const resetAgain: Work<Done> = (context, entry, operation) => reset(entry.record.archiveId)(context, entry, operation);

type Done = Pick<ResetResult, "changed" | "archiveId">;

/** The work of a reset; answers whether there was anything to stop or to discard, and what was kept. */
function reset(archiveId: string | undefined): Work<Done> {
  return async (context, entry, operation) => {
    const ran = !isAtRest(entry) || entry.record.desiredState !== "STOPPED";
    const { preserve } = entry.record.spec;
    // Before the game ends: then it is still known what it ran on.
    const archive =
      archiveId === undefined ? undefined : { id: archiveId, buildId: await buildOf(context, entry), keep: context.keepArchives };
    return underIntent(context, entry, { intent: "RESET", desiredState: "STOPPED", archiveId }, operation, async () => {
      operation.step("ending the game and discarding what it wrote");
      if (entry.runtime.activeState === "active") context.driver.recordEvent(identityOf(entry), "STOPPING", "game was asked to stop");
      const discarded = await context.driver.reset(identityOf(entry), { preserve, ...(archive === undefined ? {} : { archive }) });
      // Written with the end of the intent.
      entry.record = withoutWrites(entry.record);
      const kept = archiveId !== undefined && (await isKept(context, entry, archiveId)) ? archiveId : "";
      if (discarded) context.driver.recordEvent(identityOf(entry), "RESET", messageOf(kept));
      return { changed: ran || discarded || kept !== "", archiveId: kept };
    });
  };
}

function withoutWrites({ writtenOn: _, ...record }: InstanceRecord): InstanceRecord {
  return record;
}

function messageOf(kept: string): string {
  return kept === "" ? "what the game wrote was discarded" : `what the game wrote was discarded, and kept as archive ${kept}`;
}

async function nextArchiveId({ driver }: HostContext, entry: InstanceEntry): Promise<string> {
  const [newest] = await driver.archives(identityOf(entry));
  return newArchiveId(new Date(), newest?.id);
}

async function isKept({ driver }: HostContext, entry: InstanceEntry, archiveId: string): Promise<boolean> {
  return (await driver.archives(identityOf(entry))).some(({ id }) => id === archiveId);
}

/** What the game runs on, or ran on last, as far as that is known; else "". */
async function buildOf({ driver, generations }: HostContext, { record, mounted }: InstanceEntry): Promise<string> {
  if (mounted !== undefined) return mounted.buildId;
  const number = (await driver.bootGeneration?.(record.name).catch(() => undefined)) ?? record.generation;
  const generation = await generations.load(record.name, number).catch(() => undefined);
  return generation?.buildId ?? "";
}
