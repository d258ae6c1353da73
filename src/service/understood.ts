import { invalidRequest } from "../domain/failures.ts";

/** Runs a conversion; what it does not understand becomes INVALID_REQUEST about `field`. */
export function understood<T>(field: string, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (error instanceof RangeError) throw invalidRequest(field, `cannot be used: ${error.message}`);
    throw error;
  }
}
