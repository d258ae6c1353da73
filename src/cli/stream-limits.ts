import type { Terminal } from "./output/terminal.ts";
import type { Session } from "./session.ts";

/** What ends a command that would go on for ever. */
export type StreamLimits = {
  /** Aborts at Ctrl-C and SIGTERM, when nobody reads standard output any more, and when the time of `--timeout` is over. */
  readonly signal: AbortSignal;
  /** Whether only the time of `--timeout` has ended it. */
  readonly isOutOfTime: () => boolean;
};

/** The limits of a stream that begins now. */
export function streamLimits({ terminal, change: { timeoutMs } }: Pick<Session, "terminal" | "change">): StreamLimits {
  const { interrupted, outClosed } = terminal;
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  return {
    signal: AbortSignal.any([interrupted, outClosed, ...(deadline === undefined ? [] : [deadline])]),
    isOutOfTime: () => deadline?.aborted === true && !interrupted.aborted && !outClosed.aborted,
  };
}

/** The exit code of a command that was ended from this side: 130 by Ctrl-C, 143 by SIGTERM, 0 when nobody reads any more (a stream). */
export function endCode({ interrupted }: Terminal): number {
  if (!interrupted.aborted) return 0;
  return interrupted.reason === "SIGTERM" ? 143 : 130;
}
