import type { Command } from "./interpreter.ts";

/** What the verbs need of their game. */
type Speaker = { write(bytes: Buffer): void; sleep(seconds: number): Promise<void> };

/** The verbs that shape the game's output, as the stand-in game of this project's tests has them. */
export function outputVerbs({ write, sleep }: Speaker): [name: string, Command][] {
  return [
    ["sim_flood", ({ args: [lines = "", bytes = ""] }) => write(flood(Number.parseInt(lines, 10) || 0, Number.parseInt(bytes, 10) || 0))],
    ["sim_raw", ({ args }) => write(Buffer.from(args.join(""), "hex"))],
    ["sim_sleep", ({ args: [seconds = ""] }) => sleep(Number.parseFloat(seconds) || 0)],
  ];
}

function flood(lines: number, bytes: number): Buffer {
  return Buffer.from(Array.from({ length: lines }, (_, index) => `${`sim_flood ${index + 1}/${lines} `.padEnd(bytes, "x")}\n`).join(""));
}
