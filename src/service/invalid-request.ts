import { HostError } from "../domain/host-error.ts";

/** The error for a request that lacks something or contradicts itself. `field` as it is written in the contract. */
export function invalidRequest(field: string, description: string): HostError {
  return new HostError("INVALID_REQUEST", `${field} ${description}`, { metadata: { field }, violations: [{ field, description }] });
}

/** Runs a conversion; what it does not understand becomes INVALID_REQUEST about `field`. */
export function understood<T>(field: string, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (error instanceof RangeError) throw invalidRequest(field, `cannot be used: ${error.message}`);
    throw error;
  }
}
