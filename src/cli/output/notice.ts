import { printable, type Terminal } from "./terminal.ts";

/** Prints a remark about a stream itself to standard error: `=== text ===`. */
export function printNotice(terminal: Pick<Terminal, "err">, text: string): void {
  terminal.err(`=== ${printable(text)} ===\n`);
}
