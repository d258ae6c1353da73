import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HostLayout } from "../../domain/host-layout.ts";
import { type InstallerEvent, installerFiles } from "../../domain/installer-agreement.ts";
import type { BuildStore } from "../builds/build-store.ts";
import { finishFresh } from "../builds/fresh-directories.ts";
import { renameDurably } from "../files/durable-file.ts";
import type { InstallRunner } from "./install-runner.ts";
import { installerEvents } from "./installer-events.ts";
import { readListing } from "./installer-listing.ts";
import type { JobRecord } from "./job-record.ts";

type End = Extract<InstallerEvent, { readonly type: "end" }>;

/** What became of an installer. `end` is undefined when it ended without a word. */
export type InstallerOutcome = {
  readonly end: End | undefined;
  readonly exit: { readonly exitCode?: number; readonly signal?: string };
};

/** Hands on what an installer tells, until no process of it is left. @throws the signal's reason: it goes on */
export async function watchInstaller(
  runner: InstallRunner,
  job: string,
  signal: AbortSignal,
  tell: (event: InstallerEvent) => void,
): Promise<InstallerOutcome> {
  let isOver = false;
  const ended = runner.ended(signal).finally(() => {
    isOver = true;
  });
  ended.catch(() => {}); // awaited below
  let end: End | undefined;
  for await (const event of installerEvents(join(runner.outbox, installerFiles.events(job)), () => isOver, signal)) {
    if (event.type === "end") end ??= event;
    else tell(event);
  }
  return { end, exit: await ended };
}

/**
 * Makes a build of what an installer wrote, or finds that an earlier daemon has.
 *
 * @param onId is told the build's id before anything of it can be seen
 * @returns the build's id
 * @throws HostError as `BuildStore.publishWritten`, and what the driver's hand-over throws
 */
export async function installed(
  { layout, runner, builds }: { readonly layout: HostLayout; readonly runner: InstallRunner; readonly builds: BuildStore },
  { id: job, buildId, baseBuildId }: JobRecord,
  onId: (id: string) => Promise<void>,
): Promise<string> {
  const written = layout.written(job);
  await finishFresh(written);
  const isPublished = buildId !== "" && builds.list().some(({ id }) => id === buildId);
  if (isPublished && !existsSync(written)) return buildId;
  // A kill between the two: the layer has its name, the build has no manifest.
  if (buildId !== "" && !isPublished && !existsSync(written) && existsSync(layout.layer(buildId)))
    await renameDurably(layout.layer(buildId), written);
  const listing = await readListing(join(runner.outbox, installerFiles.listing(job)));
  await runner.handOver(written);
  const { id } = await builds.publishWritten({ tree: written, base: baseBuildId === "" ? undefined : baseBuildId, listing }, onId);
  return id;
}
