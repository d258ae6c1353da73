import { type ImportBuildResponse, ImportBuildResponseSchema, importBuild } from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { openArchive } from "../input/archive-source.ts";
import type { InstallOptions } from "../install/install-options.ts";
import type { NextCommand } from "../next-command.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import { Progress } from "../output/progress.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Session } from "../session.ts";
import { withHost } from "../with-host.ts";

/** Imports a game build from this machine: a directory, a tar archive, or standard input (`-`). */
export function importBuildCommand(terminal: Terminal, path: string, options: InstallOptions): Promise<number> {
  const progress = new Progress(terminal, "build");
  return withHost(terminal, options, (session) => importFrom(session, path, progress, options), {
    wait: { what: "the build to be imported", seen: () => progress.sent() },
  });
}

async function importFrom(session: Session, path: string, progress: Progress, options: InstallOptions): Promise<number> {
  const { terminal, client, change, next } = session;
  const { stream, totalBytes, ...archive } = await openArchive(session, path);
  try {
    const answer = await importBuild(client, progress.count(stream, totalBytes), { ...change, ...archive, activate: options.activate });
    if (options.json === true) printJson(terminal, messageJson(ImportBuildResponseSchema, answer));
    else terminal.out(buildLine(answer, next));
    return 0;
  } finally {
    progress.close();
    stream.destroy();
  }
}

function buildLine({ build, changed }: ImportBuildResponse, next: NextCommand): string {
  if (build === undefined) return "imported\n";
  const size = `${formatBytes(build.sizeBytes)} in ${build.files} files`;
  const use = build.active ? "active" : `activate it: ${next(`activate ${build.id}`)}`;
  return `build ${build.id}: ${changed ? "imported" : "known already"}, ${size}; ${use}\n`;
}
