import type { JsonValue } from "@bufbuild/protobuf";
import { asHostFailure, ConnectError, canonicalCode } from "../client/index.ts";
import { reportFailure } from "./failure-report.ts";
import { printJson } from "./json-output.ts";
import type { Session } from "./session.ts";

/**
 * Runs `act` for every name, all at once, and reports failures one by one. Returns the highest exit code.
 *
 * With `json`, what `act` returns is printed at the end: one document for one name, an array in the order of the names
 * for several. A failure has `{"error": {code, reason, message, metadata}}` in its place there.
 */
export async function eachName(
  session: Session,
  names: readonly string[],
  act: (name: string) => Promise<JsonValue>,
  options: { readonly json?: boolean | undefined },
): Promise<number> {
  const { terminal, address } = session;
  const distinct = [...new Set(names)];
  const isOneOfSeveral = distinct.length > 1;
  const results = await Promise.all(
    distinct.map(async (name) => {
      try {
        return { exitCode: 0, json: await act(name) };
      } catch (error) {
        return { exitCode: reportFailure(terminal, error, { name, isOneOfSeveral, address }), json: failureJson(error) };
      }
    }),
  );
  const documents = results.map(({ json }) => json);
  if (options.json === true) printJson(terminal, isOneOfSeveral ? documents : (documents[0] ?? null));
  return Math.max(0, ...results.map(({ exitCode }) => exitCode));
}

function failureJson(error: unknown): JsonValue {
  const failure = asHostFailure(error);
  if (failure !== undefined) {
    const { code, rawReason, message, metadata } = failure;
    return { error: { code, reason: rawReason, message, metadata: { ...metadata } } };
  }
  const code = error instanceof ConnectError ? canonicalCode(error.code) : "UNKNOWN";
  return { error: { code, reason: "", message: error instanceof Error ? error.message : String(error), metadata: {} } };
}
