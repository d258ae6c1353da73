import { setTimeout as sleep } from "node:timers/promises";
import { busErrorName } from "./bus-connection.ts";

/** So long a call is made again, in milliseconds: polkit is back within a second of its restart. */
const limitMs = 10_000;
const pauseMs = 100;

/**
 * Whether whoever was to answer left the bus before: PID 1 says so of a polkit that is being restarted, the bus of a PID 1 that is
 * executing itself anew.
 */
export function isUnanswered(error: unknown): boolean {
  const said = error instanceof Error ? error.message : "";
  return busErrorName(error) === "org.freedesktop.DBus.Error.NoReply" && said.startsWith("Message recipient disconnected from message bus");
}

/**
 * Makes a call to PID 1 again as long as it {@link isUnanswered}. Nothing has decided about it then; it must do no harm twice.
 *
 * @param withinMs milliseconds; default: 10 000. Then the last error is thrown, as every other one at once
 */
export async function untilAnswered<T>(call: () => Promise<T>, withinMs: number = limitMs): Promise<T> {
  for (const end = performance.now() + withinMs; ; await sleep(pauseMs)) {
    try {
      return await call();
    } catch (error) {
      if (!isUnanswered(error) || performance.now() > end) throw error;
    }
  }
}
