import { ActivateBuildResponseSchema, allPages, type Build, BuildSchema, DeleteBuildResponseSchema } from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { ageOf } from "../output/contract-words.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import { formatTable } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import type { GlobalOptions, Session } from "../session.ts";
import { wholeList } from "../whole-list.ts";
import { withHost } from "../with-host.ts";

export type BuildsOptions = GlobalOptions & { readonly json?: boolean };

/** Prints the builds, the newest first; with `json` an array of the contract's Build. */
export function buildsCommand(terminal: Terminal, options: BuildsOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async (session) => {
      const builds = await listBuilds(session);
      if (options.json === true)
        printJson(
          terminal,
          builds.map((build) => messageJson(BuildSchema, build)),
        );
      else if (builds.length > 0) terminal.out(buildTable(builds));
      else terminal.err(`no builds; install the game: ${session.next("install")}, or ${session.next("install --import DIRECTORY")}\n`);
      return 0;
    },
    { wait: { what: "the list of builds" } },
  );
}

/** Makes a build the one that starts use. */
export function activateCommand(terminal: Terminal, buildId: string, options: BuildsOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async ({ client, change }) => {
      const answer = await client.installation.activateBuild({ buildId }, change);
      if (options.json === true) printJson(terminal, messageJson(ActivateBuildResponseSchema, answer));
      else
        terminal.out(
          `build ${buildId}: ${answer.changed ? "active; running games keep theirs until they are restarted" : "active already"}\n`,
        );
      return 0;
    },
    { wait: { what: `build ${buildId} to become active`, goesOn: true } },
  );
}

/** Removes a build. */
export function deleteBuildCommand(terminal: Terminal, buildId: string, options: BuildsOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async ({ client, change }) => {
      const answer = await client.installation.deleteBuild({ buildId }, change);
      if (options.json === true) printJson(terminal, messageJson(DeleteBuildResponseSchema, answer));
      else terminal.out(`build ${buildId}: ${answer.changed ? "deleted" : "no such build, nothing to delete"}\n`);
      return 0;
    },
    { wait: { what: `build ${buildId} to be deleted`, goesOn: true } },
  );
}

/** Every build, all pages, the newest first. */
export async function listBuilds({ client, read }: Pick<Session, "client" | "read">): Promise<Build[]> {
  return wholeList(allPages(client.installation.listBuilds, {}, read), (page) => page.builds);
}

function buildTable(builds: readonly Build[]): string {
  return formatTable(
    ["BUILD", "ACTIVE", "STEAM", "SIZE", "FILES", "LAYERS", "AGE", "USED BY"],
    builds.map(({ id, active, steamBuildId, sizeBytes, files, layerCount, publishTime, usedBy }) => [
      id,
      active ? "yes" : "",
      steamBuildId,
      formatBytes(sizeBytes),
      String(files),
      // A host that is older than layers does not tell them.
      layerCount === 0 ? "" : String(layerCount),
      ageOf(publishTime),
      usedBy.join(", "),
    ]),
  );
}
