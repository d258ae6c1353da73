import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a value is what it should be; returns the last one after `milliseconds`. */
export async function eventually<T>(value: () => T, expected: T, milliseconds = 60_000): Promise<T> {
  const deadline = performance.now() + milliseconds;
  while (value() !== expected && performance.now() < deadline) await sleep(10);
  return value();
}
