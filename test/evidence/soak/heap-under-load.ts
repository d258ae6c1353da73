import { setTimeout as sleep } from "node:timers/promises";
import type { BootingHost } from "../../hosts/booting-host.ts";
import { inGuest } from "../../hosts/prepared-daemon.ts";
import { inHost } from "../../hosts/prepared-host.ts";
import type { Heap } from "../leaks/collect-garbage.ts";

/** Calls and streams under way are on the heap as well: the least of several looks. */
const looks = { count: 5, pauseMs: 1000 } as const;
/** So many MB more may be held: the logs of running games are kept in memory, and are longer at the end. */
const allowedMb = 10;

/** What the daemon of a host holds when it has collected its garbage, while the load goes on. */
export async function heapUnderLoad(host: BootingHost): Promise<Heap> {
  const found: Heap[] = [];
  for (let look = 0; look < looks.count; look += 1) {
    const pid = "$(systemctl show -P MainPID left4me-hostd.service)";
    const text = await host.sh(`${inHost.node} ${inGuest.repository}/test/evidence/leaks/collect-garbage.ts ${pid}`);
    found.push(JSON.parse(text) as Heap);
    await sleep(looks.pauseMs);
  }
  return { heapMb: Math.min(...found.map(({ heapMb }) => heapMb)), externalMb: Math.min(...found.map(({ externalMb }) => externalMb)) };
}

/** What the last look shows more than the first, where that is more than is allowed. */
export function heapGrowth(heaps: readonly Heap[]): string[] {
  const [first, last] = [heaps[0], heaps.at(-1)];
  if (first === undefined || last === undefined) return [];
  const more = last.heapMb + last.externalMb - first.heapMb - first.externalMb;
  return more <= allowedMb ? [] : [`what the heap holds has grown by ${more.toFixed(1)} MB; ${allowedMb} are allowed`];
}
