import { archiveIdPattern } from "../../domain/archive-id.ts";
import { invalidRequest } from "../../domain/failures.ts";
import type { ArchiveRequest, Caller } from "../api.ts";
import type { HostContext } from "../host-context.ts";
import { identityOf } from "../instances/instance-entry.ts";
import { requireArchives } from "../instances/list-archives.ts";
import { changeInstance } from "./change-instance.ts";
import { finishIntent } from "./recover.ts";

/** Removes an archive. See InstanceService.DeleteArchive. Needs no intent: killed half-way, the archive is there or it is gone. */
export async function deleteArchive(context: HostContext, request: ArchiveRequest, caller: Caller): Promise<{ readonly changed: boolean }> {
  const { name, archiveId } = request;
  context.registry.entry(name);
  requireArchives(context);
  if (archiveId === "") throw invalidRequest("archive_id", "is required");
  return changeInstance(
    context,
    "DELETE_ARCHIVE",
    request,
    caller,
    async (_, entry, operation) => {
      if (!archiveIdPattern.test(archiveId)) return { changed: false };
      // A reset would make it anew, a restore would miss it.
      if (entry.record.archiveId === archiveId) await finishIntent(context, entry, operation);
      const archives = await context.driver.archives(identityOf(entry));
      operation.step(`removing the archive ${archiveId}`);
      await context.driver.deleteArchive(identityOf(entry), archiveId); // also what a kill has left of one that is gone
      return { changed: archives.some(({ id }) => id === archiveId) };
    },
    (uid) => `${uid} ${archiveId}`,
  );
}
