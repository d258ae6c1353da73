import type { InstanceState } from "../domain/instance.ts";
import type { Labels } from "../domain/instance-spec.ts";
import type { InstanceFilter as ProtoFilter } from "../gen/left4me/host/v1/instance_service_pb.ts";
import { instanceStates } from "./contract-enums.ts";

/** What selects instances; empty conditions select all. */
type InstanceFilter = { readonly names: readonly string[]; readonly labels: Labels; readonly states: readonly InstanceState[] };

/** A filter; an unset one selects all. @throws RangeError for a state that is unspecified or unknown */
export function instanceFilterFromProto(filter: ProtoFilter | undefined): InstanceFilter {
  if (filter === undefined) return { names: [], labels: {}, states: [] };
  return { names: filter.names, labels: filter.labels, states: filter.states.map((state) => instanceStates.required(state)) };
}
