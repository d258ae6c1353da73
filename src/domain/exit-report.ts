/** How one invocation of a game ended. */
export type ExitReport = {
  /** 32 lower-case hexadecimal digits. */
  readonly invocationId: string;
  /** 0 to 255; undefined when a signal ended the process. Neither code nor signal: not known. */
  readonly code?: number;
  /** e.g. `SIGSEGV`; undefined when it exited by itself. */
  readonly signal?: string;
  /** Whether the kernel killed it for want of memory; undefined = unknown. */
  readonly oom?: boolean;
  /** Whether the host had asked for the end. */
  readonly intended: boolean;
  readonly exitTime: Date;
  /** e.g. `exit-code`, `signal`, `oom-kill`, `timeout`, in the words of systemd. */
  readonly result: string;
  /** The last lines that it wrote, oldest first; at most 20 and 2 KiB together. */
  readonly lastLines: readonly string[];
};

/** What a driver can say of an end; whether it was intended and the last lines are the host's knowledge. */
export type ExitFacts = Omit<ExitReport, "intended" | "lastLines">;

/** `exited with code 1`, `killed by SIGSEGV`, `killed by SIGKILL (out of memory)`. */
export function describeExit(exit: Pick<ExitReport, "code" | "signal" | "oom">): string {
  if (exit.signal === undefined) return exit.code === undefined ? "ended in a way that is not known" : `exited with code ${exit.code}`;
  return `killed by ${exit.signal}${exit.oom === true ? " (out of memory)" : ""}`;
}

/** The tail that an {@link ExitReport} keeps: at most 20 lines and 2 KiB together, the newest kept. */
export function lastLinesOf(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines.slice(-20).reverse()) {
    const clipped = line.length > 512 ? `${line.slice(0, 511)}…` : line;
    bytes += Buffer.byteLength(clipped) + 1;
    if (bytes > 2048) break;
    kept.unshift(clipped);
  }
  return kept;
}
