import { portInUse } from "../domain/failures.ts";
import type { Warning } from "../domain/instance.ts";
import { updateRecord } from "./change-instance.ts";
import type { StartTarget } from "./driver.ts";
import type { Generation, GenerationInput } from "./generation-store.ts";
import type { HostContext } from "./host-context.ts";
import { type InstanceEntry, identityOf } from "./instance-entry.ts";
import type { OperationContext } from "./operation-table.ts";
import { planStart } from "./plan-generation.ts";
import { startFailed } from "./start-failed.ts";
import { holderOf, udpSocketInodes } from "./udp-port.ts";

/** What a launch leads to. */
export type Launched = {
  readonly invocationId: string;
  /** What the caller of the start should know. */
  readonly warnings: readonly Warning[];
};

/**
 * Publishes the newest generation and has the driver mount and execute it.
 *
 * The caller holds the instance and has recorded its intent; nothing of it runs.
 */
export async function launch(context: HostContext, entry: InstanceEntry, operation: OperationContext): Promise<Launched> {
  operation.step("preparing the layers");
  const input = await planStart(context, entry.record.spec);
  operation.step("mounting and executing");
  const { signal } = operation;
  const generation = await context.generations.publish(entry.record.name, input);
  if (generation.number !== entry.record.generation) await updateRecord(context, entry, { generation: generation.number });
  signal.throwIfAborted();
  refuseOthersPort(context, entry);
  pin(entry, generation, input); // in the same turn: of two starts at once the second finds the first one's port
  try {
    await refuseForeignPort(context, entry);
    await context.driver.start(targetOf(entry, generation), signal);
  } catch (error) {
    entry.mounted = undefined;
    throw await startFailed(context, entry, error);
  }
  await context.generations.collect(entry.record.name, new Set([generation.number]));
  return { invocationId: entry.runtime.invocationId, warnings: generation.warnings };
}

/** Remembers what the mount is about to use, so that no observation finds it missing. */
function pin(entry: InstanceEntry, generation: Generation, input: GenerationInput): void {
  const { spec, buildId, overlays } = input;
  entry.mounted = { number: generation.number, port: spec.port, buildId, overlays: overlays.map(({ ref, version }) => ({ ref, version })) };
  entry.overlaysChanged = false;
}

function targetOf(entry: InstanceEntry, generation: Generation): StartTarget {
  return {
    ...identityOf(entry),
    generation: generation.number,
    layers: generation.layers,
    managedFiles: generation.managedFiles,
    argv: generation.argv,
    spec: entry.record.spec,
  };
}

/** @throws HostError PORT_IN_USE when another instance has the port, or is about to */
function refuseOthersPort(context: HostContext, entry: InstanceEntry): void {
  const { port } = entry.record.spec;
  for (const other of context.registry.entries()) {
    if (other !== entry && other.mounted?.port === port) throw portInUse(port, `instance "${other.record.name}"`);
  }
}

/** @throws HostError PORT_IN_USE when a process that is none of ours has the port */
async function refuseForeignPort(context: HostContext, entry: InstanceEntry): Promise<void> {
  const { port } = entry.record.spec;
  if (context.driver.info.gameUid === undefined) return; // no real processes, no real ports
  const inodes = await udpSocketInodes(port);
  if (inodes.size > 0) throw portInUse(port, (await holderOf(inodes)) ?? "a process that cannot be seen");
}
