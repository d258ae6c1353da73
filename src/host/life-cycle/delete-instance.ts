import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parseInstanceName } from "../../domain/instance-name.ts";
import type { Caller, ChangeRequest } from "../api.ts";
import { renameDurably } from "../files/durable-file.ts";
import type { HostContext } from "../host-context.ts";
import { identityOf } from "../instances/instance-entry.ts";
import { changeInstance, underIntent, type Work } from "./change-instance.ts";
import { end } from "./stop-instance.ts";

/** Stops and removes. See InstanceService.DeleteInstance. */
export async function deleteInstance(context: HostContext, request: ChangeRequest, caller: Caller): Promise<{ changed: boolean }> {
  const { registry } = context;
  const damage = registry.damageOf(request.name);
  if (damage !== undefined) throw damage;
  if (registry.find(parseInstanceName(request.name)) === undefined) return { changed: false };
  await changeInstance(context, "DELETE", request, caller, remove);
  return { changed: true };
}

/**
 * The work of a deletion. The record goes last and at once (a rename): until then a new daemon finds the intent and goes
 * on, from then on the instance has never been.
 */
export const remove: Work<void> = async (context, entry, operation) => {
  const { name } = entry.record;
  const trash = join(context.layout.tmp, `deleted-${name}-${randomUUID()}`);
  try {
    await underIntent(context, entry, { intent: "DELETE", desiredState: "STOPPED" }, operation, async () => {
      await end(context, entry, operation.step);
      operation.step("removing its files");
      await context.driver.remove(identityOf(entry));
      await putAway(context, name, trash);
    });
  } finally {
    // What a failure leaves here, the next start of the daemon removes.
    await rm(trash, { recursive: true, force: true }).catch((error: unknown) =>
      context.log("warn", `${trash} could not be removed`, { error }),
    );
  }
};

async function putAway({ layout, registry }: HostContext, name: string, trash: string): Promise<void> {
  try {
    await renameDurably(layout.instance(name), trash);
  } finally {
    // Also when the disk did not confirm it: the next daemon would not find it.
    if (!existsSync(layout.record(name))) registry.remove(name);
  }
}
