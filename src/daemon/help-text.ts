import { type DaemonOption, daemonOptions, flagOf } from "./daemon-options.ts";

/** What left4me-hostd is, in a sentence. */
export const daemonPurpose = "Controls the game servers of this host and serves left4me.host.v1 (gRPC, gRPC-Web and Connect).";

/** How it ends. */
export const daemonSignals =
  "SIGTERM or SIGINT ends the daemon within five seconds; games go on. A second one ends it at once, with exit code 1.";

/** The exit codes of left4me-hostd. */
export const daemonExitCodes = { 0: "ended as asked", 1: "could not run", 2: "the command line is wrong" } as const;

/** Command lines that work. */
export const daemonExamples = [
  "left4me-hostd",
  "left4me-hostd --root ~/left4me --driver embedded",
  "left4me-hostd --listen http://127.0.0.1:8080 --log-format json",
] as const;

/** What `left4me-hostd --help` prints. */
export function helpText(): string {
  const codes = Object.entries(daemonExitCodes).map(([code, meaning]) => `${code} ${meaning}`);
  return `Usage: left4me-hostd [options]

${daemonPurpose}

Options:
${optionRows().join("\n")}

Examples:
${daemonExamples.map((example) => `  ${example}`).join("\n")}

${wrapped(daemonSignals, 100).join("\n")}
Exit codes: ${codes.join(", ")}.
`;
}

/** How an option is written: `-h, --help`, `--root DIR`. */
export function optionTerm(key: string, { short, value }: DaemonOption): string {
  return `${short === undefined ? "" : `-${short}, `}${flagOf(key)}${value === undefined ? "" : ` ${value}`}`;
}

/** The variable and the default of an option in parentheses, else nothing. */
export function optionSource(option: DaemonOption): string {
  const parts = [option.variable, option.default === undefined ? undefined : `default ${option.default}`].filter(
    (part) => part !== undefined,
  );
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}

const termWidth = 20;

function optionRows(): string[] {
  return Object.entries<DaemonOption>(daemonOptions).flatMap(([key, option]) => {
    const [first = "", ...rest] = wrapped(`${option.help}${optionSource(option)}`, 76);
    return [`  ${optionTerm(key, option).padEnd(termWidth)}  ${first}`, ...rest.map((line) => `${" ".repeat(termWidth + 4)}${line}`)];
  });
}

/** Lines of at most `width` characters. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
