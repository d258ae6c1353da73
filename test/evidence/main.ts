/**
 * `npm run evidence -- NAME [--seed N] [--rounds N] [--short] [--save]`: runs one of the longer proofs.
 *
 * The last line is one JSON object. `--save` writes it with its conditions below bench/results. Exit code 1: the proof
 * does not hold.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { parseArgs } from "node:util";
import type { Evidence } from "./evidence.ts";
import { hostSuite } from "./host-suite.ts";
import { killDaemon } from "./kill-daemon/main.ts";
import { leaks, leaksEmbedded } from "./leaks/main.ts";
import { loss, lossEmbedded } from "./loss/main.ts";
import { powerCut } from "./power-cut/main.ts";
import { reboot } from "./reboot/main.ts";
import { state, stateEmbedded } from "./state/main.ts";

const evidences: Readonly<Record<string, Evidence>> = {
  "kill-daemon": killDaemon,
  "power-cut": powerCut,
  reboot,
  loss,
  "loss-embedded": lossEmbedded,
  state,
  "state-embedded": stateEmbedded,
  leaks,
  "leaks-embedded": leaksEmbedded,
  "kill-start": hostSuite(
    "kills of every process of a unit during a start",
    "kill.test.ts",
    { short: 10, long: 50 },
    ({ rounds, seed }) => ({
      LEFT4ME_KILL_ROUNDS: String(rounds),
      LEFT4ME_KILL_SEED: String(seed),
    }),
  ),
  "kill-start-daemon": hostSuite(
    "kills during a start by the daemon",
    "kill-by-daemon.test.ts",
    { short: 10, long: 50 },
    ({ rounds, seed }) => ({
      LEFT4ME_KILL_ROUNDS: String(rounds),
      LEFT4ME_KILL_SEED: String(seed),
    }),
  ),
  "helper-fuzz": hostSuite("hostile vectors and mount orders", "fuzz.test.ts", { short: 500, long: 10_000 }, ({ rounds, seed }) => ({
    LEFT4ME_FUZZ_CASES: String(rounds),
    LEFT4ME_FUZZ_SEED: String(seed),
  })),
  "layer-race": hostSuite("a layer that is swapped for a link", "race.test.ts", { short: 100, long: 500 }, ({ rounds }) => ({
    LEFT4ME_RACE_MOUNTS: String(rounds),
  })),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    rounds: { type: "string" },
    short: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
  },
});
const [name = ""] = positionals;
const evidence = evidences[name];
if (evidence === undefined) {
  const list = Object.entries(evidences).map(([key, { title }]) => `  ${key.padEnd(20)}${title}`);
  process.stderr.write(`npm run evidence -- NAME [--seed N] [--rounds N] [--short] [--save]\n\n${list.join("\n")}\n`);
  process.exit(2);
}

const seed = Number(values.seed);
const rounds = Number(values.rounds ?? (values.short ? evidence.rounds.short : evidence.rounds.long));
const began = Date.now();
const { problems, figures } = await evidence.run({ seed, rounds, log: (text) => process.stderr.write(`${text}\n`) });
for (const problem of problems) process.stderr.write(`PROBLEM: ${problem}\n`);
const result = {
  name,
  seed,
  rounds,
  seconds: Math.round((Date.now() - began) / 1000),
  ok: problems.length === 0,
  problems: problems.slice(0, 50),
  figures,
  conditions: {
    node: process.version,
    kernel: release(),
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    uid: process.getuid?.(),
    date: new Date().toISOString(),
  },
};
if (values.save) {
  await mkdir("bench/results", { recursive: true });
  await writeFile(`bench/results/${name}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
}
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(problems.length === 0 ? 0 : 1);
