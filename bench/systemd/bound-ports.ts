import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const pauseMs = 5;
const limitMs = 120_000;

/**
 * Resolves when every one of the UDP ports is bound: all games are ready. The same measure for every side.
 *
 * @throws Error after two minutes
 */
export async function portsBound(ports: readonly number[]): Promise<void> {
  const missing = new Set(ports);
  const deadline = performance.now() + limitMs;
  for (;;) {
    for (const [, port] of readFileSync("/proc/net/udp", "latin1").matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) /gm))
      missing.delete(Number.parseInt(port ?? "", 16));
    if (missing.size === 0) return;
    if (performance.now() > deadline) throw new Error(`${missing.size} games are not ready, among them port ${[...missing][0]}`);
    await sleep(pauseMs);
  }
}
