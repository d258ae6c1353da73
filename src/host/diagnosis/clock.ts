import { statSync } from "node:fs";
import { type Finding, fine, warning } from "../../domain/finding.ts";
import type { Check } from "./check.ts";

/** A start of the daemon adds a second to its epoch when the clock has not moved; no more than this is by that. */
const toleranceMs = 10 * 60_000;
const cure = "set the clock and keep it set: sudo timedatectl set-ntp true; timedatectl status";

/** What the clock is compared with, in milliseconds since 1970. */
export type Moments = {
  readonly now: number;
  /** When the program's file was written: no run of it is earlier. */
  readonly built: number;
  /** The clock at the latest start of a daemon; see `epoch` in host.json. */
  readonly latestStart: number;
};

/** Whether the clock can be right: logs, builds and cursors carry its time. @param epoch of the context, in microseconds */
export function clock(epoch: number): Check {
  const built = () => statSync(import.meta.filename).mtimeMs;
  return { name: "clock", run: () => judgeClock({ now: Date.now(), built: built(), latestStart: epoch / 1000 }) };
}

/** What to say of the clock. */
export function judgeClock({ now, built, latestStart }: Moments): Finding[] {
  const shown = new Date(now).toISOString();
  if (now < built - toleranceMs)
    return [warning("clock", `the clock says ${shown}, before this program was built (${new Date(built).toISOString()})`, cure)];
  if (now < latestStart - toleranceMs)
    return [
      warning("clock", `the clock says ${shown}, and said ${new Date(latestStart).toISOString()} when the host was last started`, cure),
    ];
  return [fine("clock", `the clock says ${shown}`)];
}
