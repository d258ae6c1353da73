import { describeExit, type ExitReport } from "../../domain/exit-report.ts";
import { HostError } from "../../domain/host-error.ts";
import type { HostContext } from "../host-context.ts";
import type { InstanceEntry } from "../instances/instance-entry.ts";
import { readLastLines } from "../instances/observe-runtime.ts";

/** The error for a game that ended before it was what the caller waited for. */
export function gameEnded(name: string, step: string, exit: ExitReport): HostError {
  const how = describeExit(exit);
  const end = exit.signal === undefined ? how : `was ${how}`;
  return new HostError("START_FAILED", `the game of "${name}" ${end} while ${step}; its last lines and its log say why`, {
    metadata: { name, exit: how },
    startFailure: { step, exit },
  });
}

/** Adds the exit and the last lines to a driver's START_FAILED; other errors stay as they are. */
export async function startFailed(context: HostContext, entry: InstanceEntry, error: unknown): Promise<unknown> {
  if (!(error instanceof HostError) || error.reason !== "START_FAILED") return error;
  const exit = entry.runtime.exit;
  if (exit === undefined || exit.invocationId !== entry.runtime.invocationId) return error;
  const lastLines = await readLastLines(context, entry, exit.invocationId);
  const step = error.startFailure?.step ?? "starting";
  return new HostError("START_FAILED", error.message, {
    metadata: { name: entry.record.name, exit: describeExit(exit), ...error.metadata },
    startFailure: { step, exit: { ...exit, intended: false, lastLines } },
    cause: error,
  });
}
