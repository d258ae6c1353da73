import { HostError } from "../../domain/host-error.ts";
import type { HostContext } from "../host-context.ts";
import { type InstanceEntry, isRuntimeAtRest } from "../instances/instance-entry.ts";
import type { Intent } from "../instances/instance-record.ts";
import { settleIntent, type Work } from "./change-instance.ts";
import { remove } from "./delete-instance.ts";
import { noteWrittenOn } from "./launch-instance.ts";
import type { OperationContext } from "./operation-table.ts";
import { resetAgain, resetKey } from "./reset-instance.ts";
import { restart } from "./restart-instance.ts";
import { restoreAgain } from "./restore-archive.ts";
import { start } from "./start-instance.ts";
import { stop } from "./stop-instance.ts";

const replays: { readonly [intent in Intent]: Work<unknown> } = {
  START: start,
  STOP: stop,
  RESTART: restart,
  RESET: resetAgain,
  DELETE: remove,
  RESTORE_ARCHIVE: restoreAgain,
};

type Due = { readonly name: string; readonly uid: string; readonly verb: Intent };

/** How many instances are brought to where they belong at the same time. */
const concurrency = 8;

/**
 * Goes on with what an earlier daemon was doing when it was killed, and after a boot of the machine starts what is wished
 * to run. Resolves when every attempt has ended; failures are logged and stand in the instance's status.
 */
export async function recoverInstances(context: HostContext, booted: boolean): Promise<void> {
  const due = [...context.registry.entries()].flatMap((entry) => {
    const verb = dueVerb(context, entry, booted);
    return verb === undefined ? [] : [{ name: entry.record.name, uid: entry.record.uid, verb }];
  });
  const worker = async () => {
    for (let next = due.shift(); next !== undefined && !context.closing.aborted; next = due.shift()) await replay(context, next);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

function dueVerb(context: HostContext, { record, runtime }: InstanceEntry, booted: boolean): Intent | undefined {
  if (record.intent !== undefined) return record.intent;
  // Also what had failed: a boot begins afresh, as it does with systemd.
  const isWished = record.desiredState === "RUNNING" && isRuntimeAtRest(runtime);
  return booted && isWished && !context.driver.info.startsAtBoot ? "START" : undefined;
}

async function replay(context: HostContext, { name, uid, verb }: Due): Promise<void> {
  context.log("info", `${verb} of ${name} is done again after a restart of the daemon`);
  try {
    while (!(await attempt(context, { name, uid, verb }))) await context.operations.released(name);
  } catch (error) {
    context.log("warn", `${verb} of ${name} failed after a restart of the daemon`, { error: String(error) });
  }
}

/** @returns false when a caller was faster and holds the instance: what is left of the intent is seen to afterwards */
async function attempt(context: HostContext, { name, uid, verb }: Due): Promise<boolean> {
  const entry = context.registry.find(name);
  if (entry?.record.uid !== uid || dueVerb(context, entry, verb === "START") !== verb) return true;
  try {
    await context.operations.run(name, {
      verb,
      caller: "recovery@host",
      key: verb === "RESET" ? resetKey(uid, entry.record.archiveId !== undefined) : uid,
      work: (operation) => again(context, entry, verb, operation),
    });
    return true;
  } catch (error) {
    if (error instanceof HostError && error.reason === "BUSY") return false;
    throw error;
  }
}

/** Does what is left of an intent, before something is done that it does not know of. Rejects when it is not over then. */
export async function finishIntent(context: HostContext, entry: InstanceEntry, operation: OperationContext): Promise<void> {
  const { intent } = entry.record;
  if (intent === undefined) return;
  await again(context, entry, intent, operation).catch((error: unknown) => {
    if (entry.record.intent !== undefined) throw error; // else it has failed, and is over
  });
}

/** A work that finds its end reached already does nothing, and leaves the intent to us. */
async function again(context: HostContext, entry: InstanceEntry, verb: Intent, operation: OperationContext): Promise<unknown> {
  const result = await replays[verb](context, entry, operation); // callers may have attached and wait for it
  if (entry.record.intent === undefined) return result;
  if (entry.mounted !== undefined) noteWrittenOn(entry, entry.mounted.buildId);
  await settleIntent(context, entry);
  return result;
}
