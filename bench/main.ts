/**
 * `npm run bench -- NAME [--runs N] [--save]`: measures against a floor or a peer in the same run.
 *
 * The last line is one JSON object {name, unit, value, floor|peer, ratio, limit, ok}. `--save` writes it with its conditions
 * below bench/results. A missed limit is reported (`ok: false`, exit code 1), never hidden.
 */
import { parseArgs } from "node:util";
import type { BenchResult } from "./bench.ts";
import { benches } from "./benches.ts";
import { type Result, saveResult } from "./results.ts";

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
if (values.save) await saveResult(line, Number(values.runs));
process.stdout.write(`${JSON.stringify(line)}\n`);
process.exit(line.ok ? 0 : 1);

function summary(name: string, { unit, value, floor, peer, limit, further = {} }: BenchResult): Result {
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
