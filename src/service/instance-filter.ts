import { instanceFilterFromProto } from "../convert/instance-filter.ts";
import { HostError } from "../domain/host-error.ts";
import type { InstanceFilter as FilterMessage } from "../gen/left4me/host/v1/instance_service_pb.ts";
import type { InstanceFilter } from "../host/api.ts";

const mostNames = 1000;

/** The filter of a request. @throws HostError INVALID_FILTER */
export function instanceFilterOf(message: FilterMessage | undefined): InstanceFilter {
  if ((message?.names.length ?? 0) > mostNames) throw invalidFilter("filter.names", `has more than ${mostNames} names`);
  try {
    return instanceFilterFromProto(message);
  } catch (error) {
    if (error instanceof RangeError) throw invalidFilter("filter.states", `cannot be used: ${error.message}`);
    throw error;
  }
}

function invalidFilter(field: string, description: string): HostError {
  return new HostError("INVALID_FILTER", `${field} ${description}`, { metadata: { field }, violations: [{ field, description }] });
}
