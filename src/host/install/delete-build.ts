import { isOver } from "../../domain/install-job.ts";
import { buildInUse } from "../builds/build-manifest.ts";
import type { HostContext } from "../host-context.ts";
import { buildsOf, collectBuilds } from "../overlays/layers-in-use.ts";

/** Removes a build and what nothing needs of it any more. See InstallationService.DeleteBuild. */
export async function deleteBuild(context: HostContext, id: string): Promise<{ readonly changed: boolean }> {
  const changed = await context.builds.delete(id, () => refuseUsed(context, id));
  // Also behind one that is gone: what could not be removed then is removed now.
  await collectLayers(context);
  return { changed };
}

/** @throws HostError BUILD_IN_USE */
function refuseUsed(context: HostContext, id: string): void {
  const users = buildsOf(context).find((build) => build.id === id)?.usedBy ?? [];
  if (users.length > 0)
    throw buildInUse(id, `is used by ${users.join(", ")}; restart or stop ${users.length === 1 ? "it" : "them"} first`, users);
  const job = context.jobs?.current;
  if (job === undefined || isOver(job) || job.baseBuildId !== id) return;
  throw buildInUse(id, `is what the installation ${job.id} is made over; wait for its end, or cancel it`, [], job.id);
}

/** The build is gone, whatever becomes of its layers: a start that is under way keeps them for now. */
async function collectLayers(context: HostContext): Promise<void> {
  const { operations, log } = context;
  const isBusy = operations.held().length > 0;
  const collecting = (isBusy ? operations.idle() : Promise.resolve())
    .then(() => collectBuilds(context, 0))
    .catch((error: unknown) => log("error", "layers of a deleted build could not be removed", { error }));
  if (!isBusy) await collecting;
}
