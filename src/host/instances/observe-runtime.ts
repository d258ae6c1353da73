import { z } from "zod";
import { type ExitFacts, type ExitReport, lastLinesOf } from "../../domain/exit-report.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import type { RuntimeStatus } from "../../domain/runtime-status.ts";
import type { RuntimeIdentity } from "../driver.ts";
import { readJsonFile, writeFileDurably } from "../files/durable-file.ts";
import type { HostContext } from "../host-context.ts";
import { type InstanceEntry, identityOf, isRuntimeAtRest } from "./instance-entry.ts";
import { watchReadiness } from "./readiness.ts";
import { recallMounted } from "./recall-mounted.ts";

/**
 * Takes an observation of the driver in: memory first, then what follows from it (readiness, the report of an end).
 *
 * @param isAdoption the driver tells what it found when it was opened
 */
export function observeRuntime(context: HostContext, name: string, status: RuntimeStatus, isAdoption: boolean): void {
  const entry = context.registry.find(name);
  if (entry === undefined) return; // deleted meanwhile
  const began =
    status.activeState === "active" && (entry.runtime.activeState !== "active" || entry.runtime.invocationId !== status.invocationId);
  if (status.activeState !== "active" || began) entry.ready = false;
  if (began) entry.startFailed = false;
  if (!isRuntimeAtRest(entry.runtime) && isRuntimeAtRest(status)) entry.mounted = undefined;
  const ended = status.exit !== undefined && status.exit.invocationId !== entry.lastExit?.invocationId ? status.exit : undefined;
  if (entry.runtime.mainPid !== status.mainPid) context.usage.forget(name);
  entry.runtime = status;
  if (ended !== undefined) takeExit(context, entry, ended);
  // Also where nothing has run since: it has not stopped with the daemon's start.
  if (isAdoption && status.invocationId !== "") entry.stateChangeTime = status.since;
  context.registry.touch(entry);
  if (began && !isAdoption) void watchBegun(context, entry);
}

/** The port to look at is known before readiness is asked for. */
async function watchBegun(context: HostContext, entry: InstanceEntry): Promise<void> {
  if (entry.mounted === undefined) await recallMounted(context, entry);
  await watchReadiness(context, entry);
}

const endingVerbs: ReadonlySet<string> = new Set(["STOP", "RESET", "DELETE"]);

/** The report is shown at once; the last lines follow as soon as they are read, and both are kept on disk. */
function takeExit(context: HostContext, entry: InstanceEntry, facts: ExitFacts): void {
  entry.lastExit = { ...facts, intended: isIntended(entry, facts), lastLines: [] };
  entry.exitPending = true;
  void completeExit(context, entry, entry.lastExit).catch((error: unknown) => {
    if (entry.record.intent === "DELETE") return; // its directory went with it
    context.log("warn", `the last lines of ${entry.record.name} could not be kept`, { error: String(error) });
  });
}

/** Whether it was asked to end. A restart asks that of one game, and not of the one that it starts. */
function isIntended({ record, operation, ending }: InstanceEntry, { invocationId }: ExitFacts): boolean {
  const { desiredState, intent, endsInvocation } = record; // the intent: of an operation that a daemon was killed in
  const verb = operation?.verb ?? intent ?? "";
  if (verb === "RESTART") return ending || invocationId === endsInvocation;
  return desiredState === "STOPPED" || endingVerbs.has(verb);
}

async function completeExit(context: HostContext, entry: InstanceEntry, exit: ExitReport): Promise<void> {
  const report = { ...exit, lastLines: await readLastLines(context, entry, exit.invocationId) };
  if (entry.lastExit !== exit || context.registry.find(entry.record.name) !== entry) return;
  entry.lastExit = report;
  entry.exitPending = false;
  context.registry.touch(entry);
  await saveExit(context.layout, identityOf(entry), report);
}

/** The last lines that the game itself wrote in an invocation. */
export async function readLastLines(context: HostContext, entry: InstanceEntry, invocationId: string): Promise<string[]> {
  const lines: string[] = [];
  const start = { type: "history", lines: 24, invocationId } as const;
  try {
    for await (const piece of context.driver.logs(identityOf(entry), start, false, context.closing)) {
      if (piece.type === "batch") lines.push(...piece.entries.filter(({ event }) => event === undefined).map(({ message }) => message));
    }
  } catch (error) {
    context.log("debug", `no last lines of ${entry.record.name}`, { error: String(error) });
  }
  return lastLinesOf(lines);
}

const exitSchema = z.object({
  invocationId: z.string(),
  code: z.number().optional(),
  signal: z.string().optional(),
  oom: z.boolean().optional(),
  intended: z.boolean(),
  exitTime: z.coerce.date(),
  result: z.string(),
  lastLines: z.array(z.string()),
});

async function saveExit(layout: HostLayout, { name, uid }: RuntimeIdentity, report: ExitReport): Promise<void> {
  await writeFileDurably(layout.exit(name, uid), `${JSON.stringify(report)}\n`, 0o640);
}

/** The report that an earlier run of the daemon kept. A damaged one is as good as none: it is a convenience. */
export async function loadExit(layout: HostLayout, { name, uid }: RuntimeIdentity): Promise<ExitReport | undefined> {
  return (await readJsonFile(layout.exit(name, uid), exitSchema).catch(() => undefined)) as ExitReport | undefined;
}
