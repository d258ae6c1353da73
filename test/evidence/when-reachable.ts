import { setTimeout as sleep } from "node:timers/promises";
import type { HostClient } from "../../src/client/index.ts";

/**
 * Resolves when a host's daemon answers, and when `signal` aborts. One that is down answers no sooner for being asked more
 * often.
 */
export async function whenReachable(client: HostClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isUp = await client.host.getHost({}).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(50);
  }
}
