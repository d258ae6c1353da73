import type { EvidenceHost } from "../evidence-host.ts";
import type { Random } from "../random.ts";

/** What happens to a host while lines are printed. */
export type Disturbance = {
  readonly what: "kill -9 of the daemon" | "restart of journald" | "rotation of the journal";
  /** How much of all lines has been printed when it happens, from 0 to 1. */
  readonly at: number;
};

const kills = 5;

/** Five kills, and what only a journal knows: two restarts and a rotation. In a random order, at random places. */
export function planDisturbances(driver: EvidenceHost["driver"], random: Random): Disturbance[] {
  const ofJournal = ["restart of journald", "restart of journald", "rotation of the journal"] as const;
  const all = [...Array.from({ length: kills }, () => "kill -9 of the daemon" as const), ...(driver === "systemd" ? ofJournal : [])];
  return random.shuffled(all).map((what, index) => ({ what, at: 0.05 + (0.85 * (index + random.next())) / all.length }));
}

/** Makes it happen. Resolves when the host answers again. */
export async function disturb(host: EvidenceHost, what: Disturbance["what"]): Promise<void> {
  if (what === "kill -9 of the daemon") return host.killDaemon();
  if (host.driver === "embedded") throw new Error(`a host without a journal knows no ${what}`);
  await host.sh(
    what === "restart of journald"
      ? "systemctl restart systemd-journald@left4me.service systemd-journald.service"
      : "journalctl --namespace=left4me --rotate",
  );
}
