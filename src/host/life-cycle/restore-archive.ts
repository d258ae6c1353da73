import { archiveIdPattern } from "../../domain/archive-id.ts";
import { archiveNotFound, instanceRunning } from "../../domain/failures.ts";
import type { Instance } from "../../domain/instance.ts";
import type { ArchiveRequest, Caller } from "../api.ts";
import type { HostContext } from "../host-context.ts";
import { type InstanceEntry, identityOf, isRuntimeAtRest } from "../instances/instance-entry.ts";
import { requireArchives } from "../instances/list-archives.ts";
import { changeInstance, underIntent, type Work } from "./change-instance.ts";

/** Puts an archive back in the place of what the game wrote. See InstanceService.RestoreArchive. */
export async function restoreArchive(
  context: HostContext,
  request: ArchiveRequest,
  caller: Caller,
): Promise<{ readonly instance: Instance }> {
  const { name, archiveId } = request;
  context.registry.entry(name);
  requireArchives(context);
  if (!archiveIdPattern.test(archiveId)) throw archiveNotFound(name, archiveId);
  await changeInstance(
    context,
    "RESTORE_ARCHIVE",
    request,
    caller,
    async (_, entry, operation) => {
      refuseRunning(entry);
      const archives = await context.driver.archives(identityOf(entry));
      if (!archives.some(({ id }) => id === archiveId)) throw archiveNotFound(name, archiveId);
      await putBack(archiveId)(context, entry, operation);
    },
    () => undefined,
  );
  return { instance: context.registry.view(name) };
}

/** What is left of a restore when the daemon was killed: it is done again, unless the game has been started without us. */
export const restoreAgain: Work<void> = async (context, entry, operation) => {
  const { archiveId } = entry.record;
  if (archiveId !== undefined && isRuntimeAtRest(entry.runtime)) await putBack(archiveId)(context, entry, operation);
};

function putBack(archiveId: string): Work<void> {
  return (context, entry, operation) => {
    const { desiredState } = entry.record;
    return underIntent(context, entry, { intent: "RESTORE_ARCHIVE", archiveId, desiredState }, operation, async () => {
      operation.step(`putting the archive ${archiveId} back`);
      const archive = (await context.driver.archives(identityOf(entry))).find(({ id }) => id === archiveId);
      await context.driver.restoreArchive(identityOf(entry), archiveId);
      // Written with the end of the intent.
      if (archive !== undefined && archive.buildId !== "") entry.record = { ...entry.record, writtenOn: archive.buildId };
    });
  };
}

function refuseRunning({ record, runtime, state }: InstanceEntry): void {
  if (!isRuntimeAtRest(runtime)) throw instanceRunning(record.name, state);
}
