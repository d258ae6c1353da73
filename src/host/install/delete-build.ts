import { isOver } from "../../domain/install-job.ts";
import { buildInUse } from "../builds/build-manifest.ts";
import type { HostContext } from "../host-context.ts";
import { buildsOf, collectBuilds } from "../overlays/layers-in-use.ts";

/** Removes a build and what nothing needs of it any more. See InstallationService.DeleteBuild. */
export async function deleteBuild(context: HostContext, id: string): Promise<{ readonly changed: boolean }> {
  const changed = await context.builds.delete(id, () => {
    refusePlayed(context, id);
    refuseInstalling(context, id);
  });
  // Also behind one that is gone: what could not be removed then is removed now.
  await collectLayers(context);
  return { changed };
}

/** Removes what an installation published and could not activate, as if it had not. @throws HostError BUILD_IN_USE */
export async function takeBackBuild(context: HostContext, id: string): Promise<void> {
  await context.builds.delete(id, () => refusePlayed(context, id));
  await collectLayers(context);
}

/** @throws HostError BUILD_IN_USE */
function refusePlayed(context: HostContext, id: string): void {
  const users = buildsOf(context).find((build) => build.id === id)?.usedBy ?? [];
  if (users.length > 0)
    throw buildInUse(id, `is used by ${users.join(", ")}; restart or stop ${users.length === 1 ? "it" : "them"} first`, users);
}

/** @throws HostError BUILD_IN_USE */
function refuseInstalling({ jobs }: HostContext, id: string): void {
  const job = jobs?.current;
  if (job === undefined || isOver(job)) return;
  if (jobs?.publishing === id) throw buildInUse(id, `is what the installation ${job.id} publishes; wait for its end`, [], job.id);
  if (job.baseBuildId !== id) return;
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
