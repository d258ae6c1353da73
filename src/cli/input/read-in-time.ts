import { TimeOutError } from "../failures/time-out.ts";
import type { Session } from "../session.ts";

/**
 * Reads on this side, before the host is asked, for no longer than Ctrl-C, SIGTERM and `--timeout` allow: what reading waits for may
 * never come.
 *
 * @param what follows "waited 10 s for"
 * @param read gives up when the signal aborts; that it does is not waited for
 * @throws TimeOutError when the time is over; the signal's name when the command is interrupted
 */
export async function readInTime<Content>(
  { terminal: { interrupted }, change: { timeoutMs } }: Pick<Session, "terminal" | "change">,
  what: string,
  read: (signal: AbortSignal) => Promise<Content>,
): Promise<Content> {
  const signal = timeoutMs === undefined ? interrupted : AbortSignal.any([interrupted, AbortSignal.timeout(timeoutMs)]);
  const end = Promise.withResolvers<never>();
  const onAbort = () => end.reject(interrupted.aborted ? interrupted.reason : outOfTime(what, timeoutMs));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([end.promise, read(signal)]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function outOfTime(what: string, timeoutMs = 0): TimeOutError {
  const seconds = timeoutMs / 1000;
  return new TimeOutError(
    `waited ${seconds} s for ${what}; the host was not asked yet`,
    `wait longer: --timeout ${Math.ceil(seconds * 4)}s`,
  );
}
