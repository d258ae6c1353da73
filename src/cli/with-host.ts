import { createHostClient, type HostClient } from "../client/index.ts";
import { parseDuration } from "./duration.ts";
import { failureDocument } from "./failure-document.ts";
import { type FailureContext, reportFailure } from "./failure-report.ts";
import { chooseAddress } from "./host-candidates.ts";
import { printJson, printJsonLine } from "./json-output.ts";
import type { GlobalOptions, Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import { explainTimeOut, type Wait } from "./time-out.ts";

/** How long a read may take when nobody says otherwise, in milliseconds: a shell must not hang. */
const readTimeoutMs = 10_000;

/** What a failure of a command is about. */
export type CommandContext = Pick<FailureContext, "name"> & {
  readonly wait: Wait;
  /** One document a line, because others came before. Default: as `--json` of other commands. */
  readonly isJsonStream?: boolean;
};

/**
 * Finds a host, runs `use` and returns its exit code.
 *
 * What `use` throws is reported to standard error, and with `json` as the command's one document too.
 */
export async function withHost(
  terminal: Terminal,
  options: GlobalOptions,
  use: (session: Session) => Promise<number>,
  context: CommandContext,
): Promise<number> {
  let client: HostClient | undefined;
  let session: Session | undefined;
  try {
    const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout);
    const address = await chooseAddress(options.address, terminal);
    client = createHostClient({ address });
    const signal = terminal.interrupted;
    const change = { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    session = { terminal, client, address, change, read: { signal, timeoutMs: timeoutMs ?? readTimeoutMs } };
    return await use(session);
  } catch (caught) {
    const error = session === undefined ? caught : await explainTimeOut(caught, session, context.wait);
    if (options.json === true) (context.isJsonStream === true ? printJsonLine : printJson)(terminal, failureDocument(error, terminal));
    const { name } = context;
    return reportFailure(terminal, error, { ...(name === undefined ? {} : { name }), ...(session && { address: session.address }) });
  } finally {
    client?.close();
  }
}
