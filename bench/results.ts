import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import type { BenchResult } from "./bench.ts";

/** The last line of a bench, to be read by programs. */
export type Result = {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly floor?: number;
  readonly peer?: number;
  /** `value` divided by `floor` or `peer`. */
  readonly ratio: number;
  readonly limit: BenchResult["limit"];
  readonly further: NonNullable<BenchResult["further"]>;
  /** Whether every limit was kept. */
  readonly ok: boolean;
};

/** A result with what it was measured under. */
export type SavedResult = Result & { readonly conditions: Conditions };

type Conditions = {
  readonly node: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  /** Load averages of the last 1, 5 and 15 minutes, at the end of the bench: what it did itself is among it. */
  readonly load: readonly number[];
  readonly runs: number;
  /** ISO 8601. */
  readonly date: string;
};

/** Keeps a result with its conditions. */
export async function saveResult(result: Result, runs: number): Promise<void> {
  const conditions: Conditions = {
    node: process.version,
    kernel: release(),
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: loadavg(),
    runs,
    date: new Date().toISOString(),
  };
  await mkdir(new URL("results/", import.meta.url), { recursive: true });
  await writeFile(fileOf(result.name), `${JSON.stringify({ ...result, conditions }, undefined, 2)}\n`);
}

/** The result of a bench that was saved last; undefined when none was. */
export function savedResult(name: string): SavedResult | undefined {
  const file = fileOf(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as SavedResult) : undefined;
}

function fileOf(name: string): URL {
  return new URL(`results/${name}.json`, import.meta.url);
}
