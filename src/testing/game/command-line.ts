import { quoted } from "./console-text.ts";

/** What a game reads of its arguments. */
export type CommandLine = {
  /** The port that it binds. */
  readonly port: number;
  /** The file below cfg/ that it executes at its start. */
  readonly serverCfg: string;
  /** Console commands that were given as `+name value…`, in order. */
  readonly commands: readonly string[];
};

/** Reads an argument vector; `+name` takes all values up to the next argument that begins with `+` or `-`. */
export function commandLineOf(argv: readonly string[]): CommandLine {
  const commands: string[] = [];
  const values = new Map<string, string>();
  const isName = (argument: string) => /^[+-]/.test(argument);
  for (const [index, argument] of argv.entries()) {
    if (!isName(argument)) continue;
    const rest = argv.slice(index + 1);
    const end = rest.findIndex(isName);
    const own = end === -1 ? rest : rest.slice(0, end);
    values.set(argument.toLowerCase(), own[0] ?? "");
    if (argument.startsWith("+")) commands.push([argument.slice(1), ...own.map(quoted)].join(" "));
  }
  return { port: Number(values.get("+hostport")) || 0, serverCfg: values.get("+servercfgfile") || "server.cfg", commands };
}
