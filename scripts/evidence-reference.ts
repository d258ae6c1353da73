import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { evidences } from "../test/evidence/evidences.ts";
import { surroundingsDrivers } from "./surroundings-drivers.ts";

/** What `npm run evidence -- NAME --save` wrote. */
type SavedRun = {
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly problems: readonly string[];
  readonly figures: Readonly<Record<string, unknown>>;
  readonly conditions: { readonly node: string; readonly kernel: string; readonly cpus: number; readonly date: string };
};

/** The text of docs/reference/evidence.md. */
export function evidenceReference(root: string): string {
  const rows = Object.entries(evidences).map(([name, { title, rounds }]) => {
    const run = savedRun(root, name);
    return `| \`${name}\` | ${title} | ${rounds.short} | ${run === undefined ? "never saved" : conditionsOf(run)} | ${run === undefined ? "" : figuresOf(run)} |`;
  });
  return `<!-- Written by \`npm run generate\` from test/evidence/evidences.ts and bench/results. -->
# Evidence

Proofs that take longer than a test may. \`npm run evidence -- NAME\` runs one in its long form, \`--short\` in the form that CI runs,
\`--seed N\` with other random choices; the same seed makes the same choices. What it finds wrong it names, and its exit code is 1.

A saved run tells of the day on which it ran: changes since then are held by the short forms. Rows of one round are test files that
run in CI as they are.

| name | what it does | rounds in CI | the saved long run | what it counted |
|---|---|---|---|---|
${rows.join("\n")}

## Surroundings, and the drivers on which they are proven

Of the rows of [bad input](bad-input.md#surroundings): which driver ran the games in the tests that each names.

${surroundingsDrivers(root)}

## What is not proven

None of these has met the real game server, a download from Steam or grpcurl: the games are stand-ins that behave as
[srcds does](../explanation/architecture.md), and SteamCMD is scripted.
`;
}

function savedRun(root: string, name: string): SavedRun | undefined {
  const path = join(root, "bench/results", `${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

function conditionsOf({ seed, rounds, seconds, problems, conditions }: SavedRun): string {
  const { node, kernel, cpus, date } = conditions;
  return `${problems.length} problems in ${rounds} rounds, seed ${seed}, ${seconds} s; ${date.slice(0, 10)}, Node ${node}, Linux ${kernel.split("-")[0]}, ${cpus} processors`;
}

/** What was counted, and what was counted of it; a suite of tests says its figures as text. */
function figuresOf({ figures }: SavedRun): string {
  return Object.entries(figures)
    .flatMap(([what, value]) => (what === "said" && Array.isArray(value) ? value.map(saidLine) : figureLine(what, value)))
    .join("<br>")
    .replaceAll("|", "\\|");
}

function saidLine(line: unknown): string {
  return String(line).replace(/^# /, "");
}

/** One figure; of a few measurements the last, and none of a long series, for which its trend speaks. */
function figureLine(what: string, value: unknown): string[] {
  if (typeof value === "number") return [`${wordsOf(what)} ${rounded(value)}`];
  if (Array.isArray(value) && value.length > 10) return [];
  if (isNumbers(value)) return [`${wordsOf(what)} ${value.map(rounded).join(" and ")}`];
  if (Array.isArray(value)) return figureLine(`${what}, the last of ${value.length}`, value.at(-1));
  if (typeof value !== "object" || value === null) return [];
  const parts = Object.entries(value).flatMap(([part, count]) => {
    if (typeof count === "number" && part !== "seconds") return [`${wordsOf(part)} ${rounded(count)}`];
    return isTrend(count) ? [`${wordsOf(part)} ${rounded(count.first)} → ${rounded(count.last)}`] : [];
  });
  return parts.length === 0 ? [] : [`${wordsOf(what)}: ${parts.join(", ")}`];
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "number");
}

/** How a measurement went from the first quarter of a run to its last. */
function isTrend(value: unknown): value is { readonly first: number; readonly last: number } {
  return typeof value === "object" && value !== null && "first" in value && "last" in value;
}

function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3));
}

function wordsOf(key: string): string {
  return key.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
