import { createHostClient, type HostClient } from "../client/index.ts";
import { failureDocument } from "./failures/failure-document.ts";
import { type FailureContext, reportFailure } from "./failures/failure-report.ts";
import { chooseAddress, type TriedAddress } from "./failures/host-candidates.ts";
import { explainTimeOut, type Wait } from "./failures/time-out.ts";
import { triedInVain } from "./failures/unreachable.ts";
import { parseTimeout } from "./input/duration.ts";
import { nextCommand } from "./next-command.ts";
import { printJson, printJsonLine } from "./output/json-output.ts";
import type { Terminal } from "./output/terminal.ts";
import type { GlobalOptions, Session } from "./session.ts";

/** How long a read may take when nobody says otherwise, in milliseconds: a shell must not hang. */
const readTimeoutMs = 10_000;

/** What a failure of a command is about. */
export type CommandContext = Pick<FailureContext, "name"> & {
  readonly wait: Wait;
  /** Whether the host was asked for anything yet: what it was not asked for does not go on without us. Default: it was. */
  readonly hasAsked?: () => boolean;
  /** One document a line, because others came before. Default: as `--json` of other commands. */
  readonly isJsonStream?: boolean;
  /** How long a read may take when nobody says otherwise, in milliseconds. Default: 10 000. */
  readonly readTimeoutMs?: number;
  /** What to do when no host answers, in the place of a report; returns the exit code. */
  readonly unreachable?: (tried: readonly TriedAddress[]) => Promise<number>;
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
  const next = nextCommand(options.address);
  try {
    const timeoutMs = options.timeout === undefined ? undefined : parseTimeout(options.timeout);
    const address = await chooseAddress(options.address, terminal);
    client = createHostClient({ address });
    const signal = terminal.interrupted;
    const change = { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    session = { terminal, client, address, next, change, read: { signal, timeoutMs: timeoutMs ?? context.readTimeoutMs ?? readTimeoutMs } };
    return await use(session);
  } catch (caught) {
    const error = session === undefined ? caught : await explainTimeOut(caught, session, context.wait);
    const tried = context.unreachable === undefined || terminal.interrupted.aborted ? undefined : triedInVain(error, session?.address);
    if (tried !== undefined && context.unreachable !== undefined) return await context.unreachable(tried);
    if (options.json === true) (context.isJsonStream === true ? printJsonLine : printJson)(terminal, failureDocument(error, terminal));
    const name = context.hasAsked?.() === false ? undefined : context.name;
    return reportFailure(terminal, error, { next, ...(name === undefined ? {} : { name }), ...(session && { address: session.address }) });
  } finally {
    client?.close();
  }
}
