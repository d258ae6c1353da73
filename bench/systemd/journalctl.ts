import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A program whose standard output is read. */
export type Printing = ChildProcess & { readonly stdout: Readable };

/** journalctl over the games' journal. */
export function journalctl(...args: readonly string[]): Printing {
  const child = spawn("journalctl", ["--namespace=left4me", "--quiet", "--no-pager", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  return child as Printing;
}

/** `journalctl -f`: the lines of a unit as they come. */
export function followUnit(unit: string): Printing {
  return journalctl("--follow", "--lines=0", "--output=cat", `--unit=${unit}`);
}

/** Calls `take` with every line that a program prints. */
export function onLines({ stdout }: Printing, take: (line: string) => void): void {
  createInterface({ input: stdout }).on("line", take);
}

/** Reads and drops all that a program prints. Resolves when it has ended. */
export async function drained(program: Printing): Promise<void> {
  const closed = once(program, "close");
  program.stdout.resume();
  await closed;
}

/** Reads all lines that a program prints. */
export async function linesOf(program: Printing): Promise<number> {
  let count = 0;
  for await (const _ of createInterface({ input: program.stdout })) count += 1;
  return count;
}
