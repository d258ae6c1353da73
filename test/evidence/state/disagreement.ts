import { clone, equals, toJsonString } from "@bufbuild/protobuf";
import { type Instance, InstanceSchema, InstanceState } from "../../../src/client/index.ts";
import { enumName } from "../enum-name.ts";
import type { RealState } from "./real-state.ts";

/** One instance as its watcher, a list and the one who runs it have it. */
export type Views = {
  readonly watched: Instance | undefined;
  readonly listed: Instance | undefined;
  readonly real: RealState | undefined;
};

/** In which way three views of one instance at rest differ; empty when they agree. */
export function disagreements({ watched, listed, real }: Views): string[] {
  if (watched === undefined || listed === undefined || real === undefined) {
    const missing = Object.entries({ watched, listed, real }).flatMap(([who, view]) => (view === undefined ? [who] : []));
    return [`it is not ${missing.join(", nor ")}`];
  }
  const differences = listDiffersFromReal(listed, real);
  if (!equals(InstanceSchema, withoutUsage(watched), withoutUsage(listed)))
    differences.push(
      `the watch has ${toJsonString(InstanceSchema, withoutUsage(watched))}, the list ${toJsonString(InstanceSchema, withoutUsage(listed))}`,
    );
  return differences;
}

/** How an ActiveState of an instance at rest is told. A unit that failed because it was asked to end has stopped. */
const statesOf: Readonly<Record<string, readonly InstanceState[]>> = {
  active: [InstanceState.RUNNING],
  inactive: [InstanceState.STOPPED],
  failed: [InstanceState.FAILED, InstanceState.STOPPED],
  activating: [InstanceState.STARTING],
};

function listDiffersFromReal({ status }: Instance, real: RealState): string[] {
  const differences: string[] = [];
  const compare = (what: string, told: unknown, found: unknown) => {
    if (told !== found) differences.push(`${what} is told as ${JSON.stringify(told)}, and is ${JSON.stringify(found)}`);
  };
  if (real.activeState === undefined) compare("whether it runs", status?.activeState === "active", false);
  else compare("ActiveState", status?.activeState, real.activeState);
  compare("MainPID", status?.mainPid, real.mainPid);
  // A unit that rests is forgotten by systemd; the daemon remembers the last invocation.
  if (real.invocationId !== "") compare("InvocationID", status?.invocationId, real.invocationId);
  const state = status?.state ?? InstanceState.UNSPECIFIED;
  if (!statesOf[status?.activeState ?? ""]?.includes(state))
    differences.push(`its state is ${enumName(InstanceState, state)} while its ActiveState is ${status?.activeState}`);
  return differences;
}

/** Usage is sampled: it differs from call to call, and is no change. */
function withoutUsage(instance: Instance): Instance {
  const copy = clone(InstanceSchema, instance);
  if (copy.status !== undefined) delete copy.status.usage;
  return copy;
}
