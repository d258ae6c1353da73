import {
  type ImportBuildResponse,
  ImportBuildResponseSchema,
  type InstallJob,
  InstallJobSchema,
  InstallPhase,
  importBuild,
} from "../../client/index.ts";
import { openArchive } from "../archive-source.ts";
import { formatBytes } from "../bytes.ts";
import { wordOf } from "../contract-words.ts";
import { messageJson, printJson } from "../json-output.ts";
import { Progress } from "../progress.ts";
import type { GlobalOptions, Session } from "../session.ts";
import { printable, type Terminal } from "../terminal.ts";
import { withHost } from "../with-host.ts";

export type InstallOptions = GlobalOptions & {
  readonly import?: string;
  readonly activate: boolean;
  readonly validate?: boolean;
  readonly json?: boolean;
};

/** Imports a game build from this machine, or has the host install the game through SteamCMD. */
export function installCommand(terminal: Terminal, options: InstallOptions): Promise<number> {
  const { import: path } = options;
  if (path === undefined)
    return withHost(terminal, options, (session) => installGame(session, options), { wait: { what: "the installation", goesOn: true } });
  const progress = new Progress(terminal, "build");
  return withHost(terminal, options, (session) => importGame(session, path, progress, options), {
    wait: { what: "the build to be imported", seen: () => progress.sent() },
  });
}

async function importGame(
  { terminal, client, change }: Session,
  path: string,
  progress: Progress,
  options: InstallOptions,
): Promise<number> {
  const { stream, totalBytes, ...archive } = await openArchive(terminal, path);
  try {
    const answer = await importBuild(client, progress.count(stream, totalBytes), { ...change, ...archive, activate: options.activate });
    if (options.json === true) printJson(terminal, messageJson(ImportBuildResponseSchema, answer));
    else terminal.out(buildLine(answer));
    return 0;
  } finally {
    stream.destroy();
  }
}

function buildLine({ build, changed }: ImportBuildResponse): string {
  if (build === undefined) return "imported\n";
  const size = `${formatBytes(build.sizeBytes)} in ${build.files} files`;
  const next = build.active ? "active" : `activate it: l4d2ctl activate ${build.id}`;
  return `build ${build.id}: ${changed ? "imported" : "known already"}, ${size}; ${next}\n`;
}

/** The job belongs to the host: leaving ends only the watching. A failed job is never exit code 0. */
async function installGame({ terminal, client, change }: Session, options: InstallOptions): Promise<number> {
  let job: InstallJob | undefined;
  for await (const { event } of client.installation.installGame(
    { validate: options.validate === true, keepActiveBuild: !options.activate },
    change,
  )) {
    if (event.case === "line") terminal.err(`${printable(event.value.text)}\n`);
    if (event.case === "job") {
      if (event.value.phase !== job?.phase) terminal.err(`--- ${wordOf(InstallPhase, event.value.phase).toLowerCase()}\n`);
      job = event.value;
    }
  }
  if (job === undefined) throw new TypeError("the host told nothing of the installation");
  if (options.json === true) printJson(terminal, messageJson(InstallJobSchema, job));
  else if (job.phase === InstallPhase.SUCCEEDED) terminal.out(`build ${job.buildId}: installed\n`);
  return job.phase === InstallPhase.SUCCEEDED ? 0 : installFailed(terminal, job);
}

function installFailed(terminal: Terminal, { phase, failure }: InstallJob): number {
  if (failure === undefined) {
    terminal.err(`error: the installation ended: ${wordOf(InstallPhase, phase).toLowerCase()}\n`);
    return 1;
  }
  if (failure.stderr !== "") terminal.err(failure.stderr.endsWith("\n") ? failure.stderr : `${failure.stderr}\n`);
  terminal.err(`error: ${printable(failure.cause)}\n`);
  if (failure.cure !== "") terminal.err(`hint: ${printable(failure.cure)}\n`);
  return Math.min(failure.exitCode || 1, 255);
}
