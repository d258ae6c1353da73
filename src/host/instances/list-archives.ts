import type { Archive } from "../../domain/archive.ts";
import { notImplemented } from "../../domain/failures.ts";
import type { HostContext } from "../host-context.ts";
import { identityOf } from "./instance-entry.ts";

/** The archives of an instance, the newest first. See InstanceService.ListArchives. */
export async function listArchives(context: HostContext, name: string): Promise<readonly Archive[]> {
  const entry = context.registry.entry(name);
  requireArchives(context);
  return context.driver.archives(identityOf(entry));
}

/** @throws HostError NOT_IMPLEMENTED where the driver keeps no archives */
export function requireArchives({ driver }: Pick<HostContext, "driver">): void {
  if (!driver.info.archives) throw notImplemented("archives", "archives of what a reset discards");
}
