/**
 * `npm run evidence -- NAME [--seed N] [--rounds N] [--short] [--save]`: runs one of the longer proofs.
 *
 * The last line is one JSON object. `--save` writes it with its conditions below bench/results. Exit code 1: the proof
 * does not hold.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { evidences } from "./evidences.ts";

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
