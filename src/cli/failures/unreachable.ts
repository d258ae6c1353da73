import { asConnectionProblem } from "../../client/index.ts";
import { type TriedAddress, UnreachableError } from "./host-candidates.ts";
import { TimeOutError } from "./time-out.ts";

/**
 * The addresses at which no host has answered; undefined when one has, whatever it said.
 *
 * @param address the one that was called; undefined when none was found
 */
export function triedInVain(error: unknown, address: string | undefined): readonly TriedAddress[] | undefined {
  if (error instanceof UnreachableError) return error.tried;
  if (address === undefined) return undefined;
  if (error instanceof TimeOutError) return [{ address, problem: "ETIMEDOUT" }];
  const problem = asConnectionProblem(error);
  return problem === undefined ? undefined : [{ address, problem: problem.code }];
}
