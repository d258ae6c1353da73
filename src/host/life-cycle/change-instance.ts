import { etagMismatch } from "../../domain/failures.ts";
import type { Verb } from "../../domain/instance.ts";
import type { Caller, ChangeRequest } from "../api.ts";
import { isOfDisk } from "../files/disk-error.ts";
import type { HostContext } from "../host-context.ts";
import { etagOf, type InstanceEntry } from "../instances/instance-entry.ts";
import { type InstanceRecord, loadRecord, saveRecord, saveSettledRecord } from "../instances/instance-record.ts";
import { orAborted } from "../or-aborted.ts";
import type { OperationContext } from "./operation-table.ts";

/** The work of a mutation on an instance that exists. */
export type Work<T> = (context: HostContext, entry: InstanceEntry, operation: OperationContext) => Promise<T>;

/**
 * Runs a mutation of an existing instance under its lock and waits as long as the caller does.
 *
 * The etag is checked for each caller, and again under the lock: an operation may have waited there.
 * @param key what makes two calls of one verb the same request; undefined: nothing. Default: the uid, because what else
 *   they say is each caller's own (`wait_for`, `etag`)
 */
export async function changeInstance<T>(
  context: HostContext,
  verb: Verb,
  request: ChangeRequest,
  caller: Caller,
  work: Work<T>,
  key: (uid: string) => string | undefined = (uid) => uid,
): Promise<T> {
  const { record } = context.registry.entry(request.name);
  checkEtag(request, record);
  const outcome = context.operations.run(request.name, {
    verb,
    caller: caller.identity,
    key: key(record.uid),
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

/** Writes what a mutation changes in a record, then shows it; see {@link replaceRecord}. */
export async function updateRecord(context: HostContext, entry: InstanceEntry, change: Partial<InstanceRecord>): Promise<void> {
  await replaceRecord(context, entry, { ...entry.record, ...change });
  if ("intent" in change) unsettled.delete(entry); // it has taken the place of the one before
}

/** Ends an intent that is not to be carried out any more, because the opposite is wished for. */
export async function dropIntent(context: HostContext, entry: InstanceEntry, desiredState: InstanceRecord["desiredState"]): Promise<void> {
  await updateRecord(context, entry, { desiredState, intent: undefined, ...about });
}

/** What an intent is about, where it is about nothing. */
const about = { archiveId: undefined, endsInvocation: undefined } as const;

/** Writes a record, then shows it. Where that fails the old one is there, or else, on a disk that fails, what can be read. */
export async function replaceRecord(context: HostContext, entry: InstanceEntry, record: InstanceRecord): Promise<void> {
  const old = entry.record;
  try {
    await saveRecord(context.layout, record);
    entry.record = record;
  } catch (error) {
    // It may be there all the same: a rename that the disk did not confirm.
    await saveRecord(context.layout, old).catch(() => {});
    await recall(context, entry);
    throw error;
  }
  context.registry.touch(entry);
}

/** Shows what the next daemon would read. */
async function recall(context: HostContext, entry: InstanceEntry): Promise<void> {
  const found = await loadRecord(context.layout, entry.record.name).catch(() => undefined);
  if (found?.uid === entry.record.uid) entry.record = found;
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
  change: IntentChange,
  operation: OperationContext,
  act: () => Promise<T>,
): Promise<T> {
  await recordIntent(context, entry, change);
  const settle = async () => {
    if (!operation.signal.aborted) await settleIntent(context, entry, change.desiredState);
  };
  let result: T;
  try {
    result = await act();
  } catch (error) {
    await settle().catch(() => {});
    throw error;
  }
  await settle();
  return result;
}

/** Ends an intent whose work is over, well or badly. Where the disk keeps it from that, it is told, and tried again. */
export async function settleIntent(context: HostContext, entry: InstanceEntry, desiredState = entry.record.desiredState): Promise<void> {
  const { writtenOn } = entry.record;
  try {
    await endIntent(context, entry, { desiredState, writtenOn });
  } catch (error) {
    context.log("error", `the record of ${entry.record.name} could not be written`, { cause: error });
    settleLater(context, entry, { desiredState, writtenOn });
    throw error;
  }
}

type IntentChange = Pick<InstanceRecord, "intent" | "desiredState" | "archiveId" | "endsInvocation">;

/** What is written with the end of an intent: the wish, where it could not be written with the intent, and what the work has found. */
type Settled = Pick<InstanceRecord, "desiredState" | "writtenOn">;

/** How often a record is tried again that a full disk kept from being written, in milliseconds. */
const settleAgainMs = 5000;

/** What is still to be written of an instance: the newest end of an intent that the disk did not take. */
const unsettled = new WeakMap<InstanceEntry, Settled>();

/**
 * Goes on trying to end an intent whose outcome has been told: the next daemon must not do it again. Whatever holds the instance
 * meanwhile is waited for; an intent of its own takes this one's place.
 */
function settleLater(context: HostContext, entry: InstanceEntry, settled: Settled): void {
  unsettled.set(entry, settled);
  const again = async () => {
    if (context.closing.aborted || unsettled.get(entry) !== settled) return;
    if (context.operations.holder(entry.record.name) !== undefined) return settleLater(context, entry, settled);
    await endIntent(context, entry, settled).catch(() => settleLater(context, entry, settled));
  };
  setTimeout(() => void again(), settleAgainMs).unref();
}

/** Intents whose work needs no room, and makes some: a full disk, which a game may have filled, must not keep them from it, nor one that fails. */
const endings: readonly unknown[] = ["STOP", "RESET", "DELETE"];

/** Writes an intent; on a full or failing disk an ending goes on without, and its wish is written when it has ended. */
async function recordIntent(context: HostContext, entry: InstanceEntry, change: IntentChange): Promise<void> {
  try {
    await updateRecord(context, entry, { ...about, ...change });
  } catch (error) {
    if (!endings.includes(change.intent) || !isOfDisk(error)) throw error;
    context.log("warn", `${change.intent} of ${entry.record.name} goes on although it cannot be recorded`, { error });
  }
}

/** Writes that nothing is to be done again, and what else is known only now. */
async function endIntent(context: HostContext, entry: InstanceEntry, settled: Settled): Promise<void> {
  if (context.registry.find(entry.record.name) !== entry) return; // it has been deleted
  const { intent: _, archiveId: __, endsInvocation: ___, ...found } = entry.record;
  const record = { ...found, ...settled };
  const isWishWritten = settled.desiredState === entry.record.desiredState;
  try {
    await (isWishWritten ? saveSettledRecord : saveRecord)(context.layout, record);
  } catch (error) {
    await recall(context, entry);
    throw error;
  }
  entry.record = record;
  unsettled.delete(entry);
  context.registry.touch(entry);
}
