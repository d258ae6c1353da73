import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";

const nanosecondsPerSecond = 1_000_000_000;

/** A number of seconds, fractions included. Undefined = unset. */
export function durationToProto(seconds: number | undefined): Duration | undefined {
  if (seconds === undefined) return undefined;
  const whole = Math.floor(seconds);
  const nanos = Math.round((seconds - whole) * nanosecondsPerSecond);
  const carry = nanos === nanosecondsPerSecond ? 1 : 0;
  return create(DurationSchema, { seconds: BigInt(whole + carry), nanos: carry === 1 ? 0 : nanos });
}

/** Seconds, fractions included. Unset = undefined. */
export function durationFromProto(duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined;
  const seconds = Number(duration.seconds);
  const nanoseconds = seconds * nanosecondsPerSecond + duration.nanos;
  // One division rounds once; the sum of two rounded numbers may miss the number that was sent by a bit.
  return Number.isSafeInteger(nanoseconds) ? nanoseconds / nanosecondsPerSecond : seconds + duration.nanos / nanosecondsPerSecond;
}
