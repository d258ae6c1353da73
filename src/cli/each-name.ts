import type { JsonValue } from "@bufbuild/protobuf";
import { atOnce } from "./at-once.ts";
import { failureDocument } from "./failures/failure-document.ts";
import { reportFailure } from "./failures/failure-report.ts";
import { explainTimeOut, type Wait } from "./failures/time-out.ts";
import { printJson } from "./output/json-output.ts";
import type { Terminal } from "./output/terminal.ts";
import type { Session } from "./session.ts";
import { endCode } from "./stream-limits.ts";

export type EachNameOptions = {
  readonly json?: boolean | undefined;
  /** Treats one name as several: how many there are is a matter of chance. Default: false. */
  readonly isJoint?: boolean;
  /** How many names are worked on at once, the next one when one of them is done. Default: all. */
  readonly limit?: number | undefined;
  /** What is waited for, a name. */
  readonly wait: (name: string) => Wait;
};

/** What became of one name. */
type Result = { readonly exitCode: number; readonly json: JsonValue };

/**
 * Runs `act` for every name, all at once unless there is a limit, and reports failures one by one. Returns the highest exit code.
 *
 * With `json`, what `act` returns is printed at the end: one document for one name, an array in the order of the names
 * for several. A failure has its {@link failureDocument} in its place there.
 */
export async function eachName(
  session: Session,
  names: readonly string[],
  act: (name: string) => Promise<JsonValue>,
  { json = false, isJoint = false, limit = Number.POSITIVE_INFINITY, wait }: EachNameOptions,
): Promise<number> {
  const { terminal, address, next } = session;
  const distinct = [...new Set(names)];
  const isOneOfSeveral = isJoint || distinct.length > 1;
  const results = await atOnce(distinct, limit, async (name): Promise<Result> => {
    if (terminal.interrupted.aborted) return notBegun(terminal, name);
    try {
      return { exitCode: 0, json: await act(name) };
    } catch (caught) {
      const error = await explainTimeOut(caught, session, wait(name));
      const exitCode = reportFailure(terminal, error, { name, isOneOfSeveral, address, next });
      return { exitCode, json: failureDocument(error, terminal) };
    }
  });
  const documents = results.map((result) => result.json);
  if (json) printJson(terminal, isOneOfSeveral ? documents : (documents[0] ?? null));
  return Math.max(0, ...results.map(({ exitCode }) => exitCode));
}

/** Ctrl-C came before this name's turn: unlike the others, the host does not go on with it. */
function notBegun(terminal: Terminal, name: string): Result {
  terminal.err(`error: ${name}: interrupted before it was begun\n`);
  return { exitCode: endCode(terminal), json: failureDocument(new Error("interrupted"), terminal) };
}
