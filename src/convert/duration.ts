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
  return duration === undefined ? undefined : Number(duration.seconds) + duration.nanos / nanosecondsPerSecond;
}
