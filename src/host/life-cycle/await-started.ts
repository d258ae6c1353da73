import { notReady, superseded } from "../../domain/failures.ts";
import type { HostError } from "../../domain/host-error.ts";
import type { Verb } from "../../domain/instance.ts";
import type { StartRequest } from "../api.ts";
import type { HostContext } from "../host-context.ts";
import type { InstanceEntry } from "../instances/instance-entry.ts";
import { readLastLines } from "../instances/observe-runtime.ts";
import { gameEnded } from "./start-failed.ts";

/**
 * Waits for what the caller of a start or a restart asked to wait for.
 *
 * @throws HostError START_FAILED when the invocation has ended, and what {@link awaitReady} throws
 */
export async function awaitStarted(context: HostContext, request: StartRequest, invocationId: string, signal: AbortSignal): Promise<void> {
  if (request.waitFor === "READY") await awaitReady(context, request.name, invocationId, signal);
  else refuseEnded(context, request.name, invocationId, "starting");
}

/**
 * Waits until the game of an invocation is ready. Holds nothing: any other call may go on meanwhile.
 *
 * @throws HostError START_FAILED when the invocation ends first, SUPERSEDED when another mutation takes the instance,
 *   NOT_READY after the host's limit; the signal's reason when the caller leaves
 */
async function awaitReady(context: HostContext, name: string, invocationId: string, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(context.readyTimeoutSeconds * 1000);
  const until = AbortSignal.any([signal, limit, context.closing]);
  const { feed } = context.registry;
  try {
    for (;;) {
      const { revision } = feed;
      if (isReady(context, name, invocationId)) return;
      await feed.changed(revision, until);
      until.throwIfAborted();
    }
  } catch (error) {
    if (limit.aborted && !signal.aborted) throw await explainNotReady(context, name, invocationId);
    throw error;
  }
}

async function explainNotReady(context: HostContext, name: string, invocationId: string): Promise<HostError> {
  const entry = context.registry.entry(name);
  const lines = await readLastLines(context, entry, invocationId);
  return notReady(name, entry.mounted?.port ?? entry.record.spec.port, context.readyTimeoutSeconds, lines.at(-1) ?? "");
}

function isReady(context: HostContext, name: string, invocationId: string): boolean {
  const entry = context.registry.find(name);
  if (entry === undefined) throw superseded(name, "DELETE");
  const verb = interfering(entry);
  if (verb !== undefined) throw superseded(name, verb);
  if (entry.runtime.invocationId === invocationId && entry.ready) return true;
  refuseEnded(context, name, invocationId, "getting ready");
  return false;
}

/** @throws HostError START_FAILED when the invocation has ended, as far as its report is complete */
function refuseEnded(context: HostContext, name: string, invocationId: string, step: string): void {
  const entry = context.registry.find(name);
  if (entry?.lastExit === undefined) return;
  // The last lines of an end follow its report within moments; the caller is to see them.
  const hasEnded = entry.lastExit.invocationId === invocationId && !entry.exitPending;
  // A later invocation: the end of ours is past, and only the newest report is kept.
  const isPast = entry.runtime.invocationId !== invocationId && entry.lastExit.invocationId !== invocationId;
  if (hasEnded || isPast) throw gameEnded(name, step, entry.lastExit);
}

/** The mutation that ends what is waited for; undefined when there is none. */
function interfering({ operation, record }: InstanceEntry): Verb | undefined {
  const verb = operation?.verb;
  if (verb === "STOP" || verb === "RESET" || verb === "DELETE" || verb === "RESTART") return verb;
  return record.desiredState === "STOPPED" ? "STOP" : undefined;
}
