import { constants } from "node:os";

/** A code of sigaction(2)'s si_code: the process ended by itself. */
export const exited = 1;

/** `SIGSEGV` for 11; `SIG34` for one without a name. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? `SIG${number}` : found[0];
}
