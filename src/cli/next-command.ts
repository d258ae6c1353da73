import { shellWord } from "../domain/finding.ts";

/** Makes the text of a command that is to be run next: `status alpha` becomes `l4d2ctl status alpha`. */
export type NextCommand = (words: string) => string;

/**
 * The next commands of one command line: they reach the host that it reached.
 *
 * @param address as `--address` has it; one of the environment holds for the next command, too
 */
export function nextCommand(address: string | undefined): NextCommand {
  const program = address === undefined ? "l4d2ctl" : `l4d2ctl --address ${shellWord(address)}`;
  return (words) => `${program} ${words}`;
}
