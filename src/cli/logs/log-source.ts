import { isColoured, type Terminal } from "../output/terminal.ts";

/** Whose log it is, where several are printed together. */
export type LogSource = {
  /** The instance. */
  readonly name: string;
  /** Stands before every line: the name, as wide as the longest one. */
  readonly prefix: string;
};

/** Cyan, green, yellow, blue, magenta, and their bright forms; red is for what failed. */
const colours = [36, 32, 33, 34, 35, 96, 92, 93, 94, 95];

/** The sources of several logs: prefixes of one width, each in a colour of its own where that is welcome. */
export function logSources(terminal: Terminal, names: readonly string[]): LogSource[] {
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name, index) => {
    const prefix = `${name.padEnd(width)} | `;
    return { name, prefix: isColoured(terminal) ? `\x1b[${colours[index % colours.length]}m${prefix}\x1b[0m` : prefix };
  });
}
