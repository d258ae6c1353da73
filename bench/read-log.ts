import { appendFileSync, createReadStream, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { InstanceLog } from "../src/drivers/embedded/logs/instance-log.ts";
import { streamLog } from "../src/drivers/embedded/logs/log-stream.ts";
import { type Bench, median } from "./bench.ts";

const lines = 1_000_000;
const block = Array.from({ length: 10_000 }, (_, line) => `L ${line}: "Player<${line}><STEAM_1:0:1>" entered the game\n`).join("");

/** The history of an embedded instance, as entries with times and positions, against Node's own reader of lines. */
export const readLogBench: Bench = {
  title: `the history of ${lines} lines as log entries, against node:readline over the same file`,
  async run({ runs, log }) {
    const directory = mkdtempSync("/var/tmp/left4me-bench-log-");
    try {
      const instanceLog = writeLog(directory);
      const ours: number[] = [];
      const readline: number[] = [];
      for (let run = -1; run < runs; run += 1) {
        const [a, b] = [
          await microsPerLine(() => readEntries(instanceLog)),
          await microsPerLine(() => readLines(join(directory, "1.log"))),
        ];
        if (run < 0) continue; // warm-up
        ours.push(a);
        readline.push(b);
      }
      const last200 = performance.now();
      await readEntries(instanceLog, 200);
      log(`the last 200 lines took ${(performance.now() - last200).toFixed(1)} ms`);
      await instanceLog.close();
      return { unit: "µs of processor time a line", value: median(ours), peer: median(readline), limit: { of: "value", most: 10 } };
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

function writeLog(directory: string): InstanceLog {
  const log = new InstanceLog(directory, { keptInvocations: 1, keptLogBytes: 1 << 30, log: () => {} });
  const path = log.begin(1, "measured");
  log.record("STARTED", "game started");
  log.follow(false);
  for (let written = 0; written < lines; written += 10_000) appendFileSync(path, block);
  log.finish("game exited with code 0");
  return log;
}

async function readEntries(log: InstanceLog, newest = 1e9): Promise<number> {
  let count = 0;
  for await (const piece of streamLog(log, { type: "history", lines: newest }, false, new AbortController().signal))
    if (piece.type === "batch") count += piece.entries.length;
  return count;
}

async function readLines(path: string): Promise<number> {
  let count = 0;
  for await (const _ of createInterface({ input: createReadStream(path) })) count += 1;
  return count;
}

async function microsPerLine(read: () => Promise<number>): Promise<number> {
  const began = process.cpuUsage();
  const count = await read();
  const { user, system } = process.cpuUsage(began);
  if (count < lines) throw new Error(`${count} of ${lines} lines were read`);
  return (user + system) / count;
}
