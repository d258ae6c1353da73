import { setTimeout as sleep } from "node:timers/promises";
import type { BootingHost } from "../../hosts/booting-host.ts";
import { killHostd } from "../kill-hostd.ts";
import type { Random } from "../random.ts";

const kinds = ["a game is killed", "a game is killed", "a game crashes", "daemon-reload", "journald is restarted"] as const;

/** What befalls a host besides calls, every few seconds until `signal` aborts. @param count is told each by name */
export async function disturb(
  host: BootingHost,
  names: readonly string[],
  random: Random,
  signal: AbortSignal,
  count: (kind: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    const kind = random.pick(kinds);
    await befall(host, kind, random.pick(names));
    count(kind);
    await pause(random.between(1000, 6000), signal);
  }
}

/** kill -9 of the daemon, so many times at even distances; the one that comes back then is left alone. */
export async function killDaemons(
  host: BootingHost,
  { deaths, periodMs }: { readonly deaths: number; readonly periodMs: number },
  signal: AbortSignal,
  count: (kind: string) => void,
  problems: string[],
): Promise<void> {
  const began = performance.now();
  for (let death = 1; death <= deaths; death += 1) {
    if (!(await pause(Math.max(0, began + death * periodMs - performance.now()), signal))) return;
    try {
      await killHostd(host);
      count("the daemon is killed");
    } catch (error) {
      problems.push(`the daemon does not come back: ${String(error)}`);
    }
  }
}

/** @returns false when `signal` has aborted */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

async function befall(host: BootingHost, kind: (typeof kinds)[number], name: string): Promise<void> {
  const signal = kind === "a game crashes" ? "SEGV" : "KILL";
  if (kind === "daemon-reload") await host.sh("systemctl daemon-reload");
  else if (kind === "journald is restarted") await host.sh("systemctl restart systemd-journald@left4me.service");
  else await host.sh(`systemctl kill -s ${signal} left4me-server@${name} 2>/dev/null || true`);
}
