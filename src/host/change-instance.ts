import { etagMismatch } from "../domain/failures.ts";
import { HostError } from "../domain/host-error.ts";
import type { Verb } from "../domain/instance.ts";
import type { Caller, ChangeRequest } from "./api.ts";
import type { HostContext } from "./host-context.ts";
import { etagOf, type InstanceEntry } from "./instance-entry.ts";
import { type InstanceRecord, saveRecord, saveSettledRecord } from "./instance-record.ts";
import type { OperationContext } from "./operation-table.ts";
import { orAborted } from "./or-aborted.ts";

/** The work of a mutation on an instance that exists. */
export type Work<T> = (context: HostContext, entry: InstanceEntry, operation: OperationContext) => Promise<T>;

/**
 * Runs a mutation of an existing instance under its lock and waits as long as the caller does.
 *
 * The etag is checked for each caller, and again under the lock: an operation may have waited there.
 * Two calls of one verb on one uid are the same request: what else they say is each caller's own (`wait_for`, `etag`).
 */
export async function changeInstance<T>(
  context: HostContext,
  verb: Verb,
  request: ChangeRequest,
  caller: Caller,
  work: Work<T>,
): Promise<T> {
  const { record } = context.registry.entry(request.name);
  checkEtag(request, record);
  const outcome = context.operations.run(request.name, {
    verb,
    caller: caller.identity,
    key: record.uid,
    work: async (operation) => {
      const entry = context.registry.entry(request.name);
      checkEtag(request, entry.record);
      return work(context, entry, operation);
    },
  });
  return orAborted(outcome, caller.signal);
}

function checkEtag({ name, etag }: ChangeRequest, record: InstanceRecord): void {
  const found = etagOf(record);
  if (etag !== "" && etag !== found) throw etagMismatch(name, etag, found);
}

/** Writes a changed record, then shows it. */
export async function updateRecord(context: HostContext, entry: InstanceEntry, change: Partial<InstanceRecord>): Promise<void> {
  const record = { ...entry.record, ...change };
  await saveRecord(context.layout, record);
  entry.record = record;
  context.registry.touch(entry);
}

/**
 * Does something under a recorded intent: if the daemon is killed meanwhile, the next one does it again.
 *
 * A failure ends the intent, for it has been told to the caller; an operation that was superseded leaves the record to its
 * successor.
 */
export async function underIntent<T>(
  context: HostContext,
  entry: InstanceEntry,
  change: Pick<InstanceRecord, "intent" | "desiredState">,
  operation: OperationContext,
  act: () => Promise<T>,
): Promise<T> {
  await recordIntent(context, entry, change);
  const settle = async () => {
    if (!operation.signal.aborted) await endIntent(context, entry, change.desiredState);
  };
  let result: T;
  try {
    result = await act();
  } catch (error) {
    await settle().catch((cause: unknown) => context.log("error", `the record of ${entry.record.name} could not be written`, { cause }));
    throw error;
  }
  await settle();
  return result;
}

/** Intents whose work needs no room, and makes some: a full disk, which a game may have filled, must not keep them from it. */
const endings: readonly unknown[] = ["STOP", "RESET", "DELETE"];

/** Writes an intent; on a full disk an ending goes on without, and its wish is written when it has ended. */
async function recordIntent(
  context: HostContext,
  entry: InstanceEntry,
  change: Pick<InstanceRecord, "intent" | "desiredState">,
): Promise<void> {
  try {
    await updateRecord(context, entry, change);
  } catch (error) {
    if (!endings.includes(change.intent) || !(error instanceof HostError && error.reason === "DISK_FULL")) throw error;
    context.log("warn", `${change.intent} of ${entry.record.name} goes on although it cannot be recorded: ${error.message}`);
  }
}

/** Writes that nothing is to be done again. @param desiredState the wish, where it could not be written with the intent */
export async function endIntent(context: HostContext, entry: InstanceEntry, desiredState = entry.record.desiredState): Promise<void> {
  if (context.registry.find(entry.record.name) !== entry) return; // it has been deleted
  const { intent: _, ...found } = entry.record;
  const record = { ...found, desiredState };
  const isWishWritten = desiredState === entry.record.desiredState;
  await (isWishWritten ? saveSettledRecord : saveRecord)(context.layout, record);
  entry.record = record;
  context.registry.touch(entry);
}
