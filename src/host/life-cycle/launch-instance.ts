import { portInUse } from "../../domain/failures.ts";
import type { Warning } from "../../domain/instance.ts";
import type { StartTarget } from "../driver.ts";
import type { Generation, GenerationInput } from "../generations/generation-store.ts";
import { planStart } from "../generations/plan-generation.ts";
import type { HostContext } from "../host-context.ts";
import { type InstanceEntry, identityOf, isRuntimeAtRest } from "../instances/instance-entry.ts";
import { refreshOverlaysChanged } from "../instances/overlays-changed.ts";
import { holderOf, udpSocketInodes } from "../instances/udp-port.ts";
import { updateRecord } from "./change-instance.ts";
import type { OperationContext } from "./operation-table.ts";
import { startFailed } from "./start-failed.ts";

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
  entry.startFailed = true; // until the game has begun
  operation.step("preparing the layers");
  const input = await planStart(context, entry.record.spec);
  operation.step("mounting and executing");
  const { signal } = operation;
  const generation = await context.generations.publish(entry.record.name, input);
  const { number, buildId } = generation;
  const { writtenOn } = entry.record;
  if (number !== entry.record.generation) await updateRecord(context, entry, { generation: number });
  signal.throwIfAborted();
  refuseOthersPort(context, entry);
  pin(entry, generation, input); // in the same turn: of two starts at once the second finds the first one's port
  try {
    await refuseForeignPort(context, entry);
    await context.driver.start(targetOf(entry, generation), signal);
  } catch (error) {
    if (isRuntimeAtRest(entry.runtime)) entry.mounted = undefined;
    throw await startFailed(context, entry, error);
  }
  entry.startFailed = false;
  noteWrittenOn(entry, buildId);
  await refreshOverlaysChanged(context, entry); // an import may have come between the plan and the mount
  // The game runs; what is left of older generations the next start removes.
  await context.generations
    .collect(entry.record.name, new Set([generation.number]))
    .catch((error: unknown) => context.log("warn", `older generations of ${entry.record.name} could not be removed`, { error }));
  return { invocationId: entry.runtime.invocationId, warnings: [...generation.warnings, ...otherBuild(entry, writtenOn, buildId)] };
}

/** Remembers over which build the game that runs writes. Written with the end of the intent. */
export function noteWrittenOn(entry: InstanceEntry, buildId: string): void {
  entry.record = { ...entry.record, writtenOn: buildId };
}

/** Told once: from now on the game writes over the new build. */
function otherBuild({ record }: InstanceEntry, writtenOn: string | undefined, buildId: string): Warning[] {
  if (writtenOn === undefined || writtenOn === buildId) return [];
  const message = `what "${record.name}" wrote since its last reset was written over the build ${writtenOn}, and it now runs on ${buildId}; if it misbehaves, reset it`;
  return [{ code: "WRITTEN_ON_OTHER_BUILD", message }];
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
