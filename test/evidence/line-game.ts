import type { Readable } from "node:stream";
import { pack } from "tar-stream";

/** How a game prints: so many numbered lines in bursts, then nothing until it is stopped. */
export type LinePlan = { readonly lines: number; readonly burst: number; readonly pauseSeconds: number };

/** What makes a line as long as those of a game are; a line that was cut or joined shows. */
const padding = "x".repeat(56);

/** Builtins of the shell only, but for one sleep(1) a burst. */
const script = `#!/bin/sh
trap 'exit 0' INT TERM
lines=0 burst=1 pause=1
while [ $# -gt 0 ]; do
  case $1 in
  -lines) lines=$2 ;;
  -burst) burst=$2 ;;
  -pause) pause=$2 ;;
  esac
  shift
done
n=0 due=0
while [ "$n" -lt "$lines" ]; do
  due=$((due + burst))
  [ "$due" -le "$lines" ] || due=$lines
  while [ "$n" -lt "$due" ]; do
    n=$((n + 1))
    echo "line $n ${padding}"
  done
  sleep "$pause" & wait
done
while :; do sleep 3600 & wait; done
`;

/** A build whose game prints numbered lines, see {@link lineArguments}. */
export function lineGame(): Readable {
  const archive = pack();
  archive.entry({ name: "srcds_run", mode: 0o755 }, script);
  archive.entry({ name: "left4dead2/gameinfo.txt" }, "");
  archive.finalize();
  return archive as unknown as Readable;
}

/** The arguments of a specification that make the game print so. */
export function lineArguments({ lines, burst, pauseSeconds }: LinePlan): string[] {
  return ["-lines", String(lines), "-burst", String(burst), "-pause", String(pauseSeconds)];
}

/** The number of a line that the game printed; undefined for every other text, a damaged line included. */
export function lineNumber(message: string): number | undefined {
  const [word, digits = "", rest, more] = message.split(" ");
  return word === "line" && /^\d+$/.test(digits) && rest === padding && more === undefined ? Number(digits) : undefined;
}

/** A line as the game prints it. */
export function lineText(number: number): string {
  return `line ${number} ${padding}`;
}
