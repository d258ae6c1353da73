/**
 * `npm run bench -- NAME [--runs N] [--save]`: measures against a floor or a peer in the same run.
 *
 * The last line is one JSON object {name, unit, value, floor|peer, ratio, limit, ok}. `--save` writes it with its conditions
 * below bench/results. A missed limit is reported (`ok: false`, exit code 1), never hidden.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { parseArgs } from "node:util";
import type { Bench, BenchResult } from "./bench.ts";
import { daemonBench } from "./daemon.ts";
import { journalBench } from "./journal.ts";
import { readLogBench } from "./read-log.ts";
import { startLargeBench } from "./start-large.ts";
import { crashBench } from "./systemd/crash.ts";
import { listBench } from "./systemd/list.ts";
import { resetBench } from "./systemd/reset.ts";
import { startBench } from "./systemd/start.ts";
import { startManyBench } from "./systemd/start-many.ts";

const benches: Readonly<Record<string, Bench>> = {
  crash: crashBench,
  daemon: daemonBench,
  journal: journalBench,
  list: listBench,
  "read-log": readLogBench,
  reset: resetBench,
  start: startBench,
  "start-100": startManyBench,
  "start-large": startLargeBench,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "30" }, save: { type: "boolean", default: false } },
});
const [name = ""] = positionals;
const bench = benches[name];
if (bench === undefined) {
  const list = Object.entries(benches).map(([key, { title }]) => `  ${key.padEnd(14)}${title}`);
  process.stderr.write(`npm run bench -- NAME [--runs N] [--save]\n\n${list.join("\n")}\n`);
  process.exit(2);
}

const result = await bench.run({ runs: Number(values.runs), log: (text) => process.stderr.write(`${text}\n`) });
const line = summary(name, result);
if (values.save) {
  const conditions = {
    node: process.version,
    kernel: release(),
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: loadavg(),
    runs: Number(values.runs),
    date: new Date().toISOString(),
  };
  await mkdir(new URL("results/", import.meta.url), { recursive: true });
  await writeFile(new URL(`results/${name}.json`, import.meta.url), `${JSON.stringify({ ...line, conditions }, undefined, 2)}\n`);
}
process.stdout.write(`${JSON.stringify(line)}\n`);
process.exit(line.ok ? 0 : 1);

function summary(name: string, { unit, value, floor, peer, limit, further = {} }: BenchResult) {
  const ratio = value / (floor ?? peer ?? Number.NaN);
  const isKept = (limit.of === "ratio" ? ratio : value) <= limit.most;
  const ok = isKept && Object.values(further).every(({ value: figure, most }) => most === undefined || figure <= most);
  return {
    name,
    unit,
    value: rounded(value),
    ...(floor === undefined ? { peer: rounded(peer ?? Number.NaN) } : { floor: rounded(floor) }),
    ratio: rounded(ratio),
    limit,
    further,
    ok,
  };
}

function rounded(figure: number): number {
  return Math.round(figure * 100) / 100;
}
