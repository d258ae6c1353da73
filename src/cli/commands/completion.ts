import type { Command } from "commander";
import { type Candidate, type Completion, completeLine } from "../completion/complete-line.ts";
import { completionScripts } from "../completion/completion-scripts.ts";
import type { Terminal } from "../output/terminal.ts";
import type { GlobalOptions } from "../session.ts";

/** Prints the completion script for a shell. */
export async function completionCommand(terminal: Terminal, shell: keyof typeof completionScripts): Promise<number> {
  terminal.out(completionScripts[shell]);
  return 0;
}

/**
 * Prints for {@link completionScripts} what may stand in the place of the last of these words. Ends with 1, and prints nothing,
 * when only the host knows and does not say within a second, or `--timeout`: a shell's Tab must not print errors.
 */
export async function completeCommand(
  terminal: Terminal,
  program: Command,
  words: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  const completion = completeLine(program, words);
  if (completion.type === "files") terminal.out(":files\n");
  else {
    const candidates = completion.type === "words" ? completion.candidates : await askHost(terminal, completion, options);
    if (candidates === undefined) return 1;
    const start = words.at(-1) ?? "";
    terminal.out(
      candidates
        .filter(({ word }) => word.startsWith(start))
        .map(lineOf)
        .join(""),
    );
  }
  return 0;
}

/** Undefined when the host does not answer. */
async function askHost(
  terminal: Terminal,
  { lead, ...question }: Extract<Completion, { type: "host" }>,
  { timeout }: GlobalOptions,
): Promise<Candidate[] | undefined> {
  const { hostWords } = await import("../completion/host-words.ts");
  try {
    return (await hostWords(terminal, question, timeout)).map((word) => ({ word: `${lead}${word}` }));
  } catch {
    return undefined;
  }
}

function lineOf({ word, description }: Candidate): string {
  return `${word}${description === undefined ? "" : `\t${description}`}\n`;
}
