import { create } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";

const nanosecondsPerMillisecond = 1_000_000;

/** A point in time, to the millisecond. */
export function timestampToProto(time: Date): Timestamp {
  const milliseconds = time.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  const timestamp = create(TimestampSchema);
  timestamp.seconds = BigInt(seconds);
  timestamp.nanos = (milliseconds - seconds * 1000) * nanosecondsPerMillisecond;
  return timestamp;
}

/** {@link timestampToProto}, with undefined = unset. */
export function optionalTimestampToProto(time: Date | undefined): Timestamp | undefined {
  return time === undefined ? undefined : timestampToProto(time);
}

/** A point in time; nanoseconds are cut off. An unset one is undefined. An unusable one is an Invalid Date. */
export function timestampFromProto(timestamp: Timestamp | undefined): Date | undefined {
  if (timestamp === undefined) return undefined;
  return new Date(Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / nanosecondsPerMillisecond));
}
