import { CommanderError } from "commander";
import { AddressError } from "../../client/index.ts";
import { UsageError } from "./usage-error.ts";

/** Whether the command line is to blame: exit code 2. */
export function isInputError(error: unknown): boolean {
  return error instanceof UsageError || error instanceof AddressError || error instanceof CommanderError;
}
