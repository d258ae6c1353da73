import { createHostClient, type HostClient } from "../client/index.ts";
import { parseDuration } from "./duration.ts";
import { type FailureContext, reportFailure } from "./failure-report.ts";
import { chooseAddress } from "./host-candidates.ts";
import type { Terminal } from "./terminal.ts";

/** The options that every command has. */
export type GlobalOptions = { readonly address?: string; readonly timeout?: string };

/** How long a read may take when nobody says otherwise, in milliseconds: a shell must not hang. */
const readTimeoutMs = 10_000;

/** What a command works with. */
export type Session = {
  readonly terminal: Terminal;
  readonly client: HostClient;
  readonly address: string;
  /** For reads: `--timeout`, else 10 s. */
  readonly read: CallLimits;
  /** For commands that change something: `--timeout`, else none, because the host has its own limits. */
  readonly change: CallLimits;
};

/** What ends a call early. */
export type CallLimits = { readonly signal: AbortSignal; readonly timeoutMs?: number };

/** Finds a host, runs `use` and returns its exit code; failures are reported. */
export async function withHost(
  terminal: Terminal,
  options: GlobalOptions,
  use: (session: Session) => Promise<number>,
  context: FailureContext = {},
): Promise<number> {
  let client: HostClient | undefined;
  let address: string | undefined;
  try {
    const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout);
    address = await chooseAddress(options.address, terminal);
    client = createHostClient({ address });
    const signal = terminal.interrupted;
    const change = { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    return await use({ terminal, client, address, change, read: { signal, timeoutMs: timeoutMs ?? readTimeoutMs } });
  } catch (error) {
    return reportFailure(terminal, error, { ...context, ...(address === undefined ? {} : { address }) });
  } finally {
    client?.close();
  }
}
