import type { JsonValue } from "@bufbuild/protobuf";
import { failureDocument } from "./failures/failure-document.ts";
import { reportFailure } from "./failures/failure-report.ts";
import { explainTimeOut, type Wait } from "./failures/time-out.ts";
import { printJson } from "./output/json-output.ts";
import type { Session } from "./session.ts";

export type EachNameOptions = {
  readonly json?: boolean | undefined;
  /** Treats one name as several: how many there are is a matter of chance. Default: false. */
  readonly isJoint?: boolean;
  /** What is waited for, a name. */
  readonly wait: (name: string) => Wait;
};

/**
 * Runs `act` for every name, all at once, and reports failures one by one. Returns the highest exit code.
 *
 * With `json`, what `act` returns is printed at the end: one document for one name, an array in the order of the names
 * for several. A failure has its {@link failureDocument} in its place there.
 */
export async function eachName(
  session: Session,
  names: readonly string[],
  act: (name: string) => Promise<JsonValue>,
  options: EachNameOptions,
): Promise<number> {
  const { terminal, address, next } = session;
  const distinct = [...new Set(names)];
  const isOneOfSeveral = options.isJoint === true || distinct.length > 1;
  const results = await Promise.all(
    distinct.map(async (name) => {
      try {
        return { exitCode: 0, json: await act(name) };
      } catch (caught) {
        const error = await explainTimeOut(caught, session, options.wait(name));
        return {
          exitCode: reportFailure(terminal, error, { name, isOneOfSeveral, address, next }),
          json: failureDocument(error, terminal),
        };
      }
    }),
  );
  const documents = results.map(({ json }) => json);
  if (options.json === true) printJson(terminal, isOneOfSeveral ? documents : (documents[0] ?? null));
  return Math.max(0, ...results.map(({ exitCode }) => exitCode));
}
