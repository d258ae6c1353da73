/**
 * A count or a number of bytes as the contract's uint64.
 *
 * Fractions are cut off: averages and rates have them, the contract has not.
 * @throws RangeError for what is negative or not finite
 */
export function toUint64(value: number): bigint {
  if (!(value >= 0)) throw new RangeError(`${value} is not a uint64`);
  return BigInt(Math.trunc(value));
}

/** The contract's uint64 as a number: exact up to 2^53, the nearest number above. */
export function fromUint64(value: bigint): number {
  return Number(value);
}

/** {@link toUint64}, with undefined = unset. */
export function toOptionalUint64(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : toUint64(value);
}

/** {@link fromUint64}, with unset = undefined. */
export function fromOptionalUint64(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : fromUint64(value);
}
