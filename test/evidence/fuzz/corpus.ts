import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FuzzTarget } from "./fuzz-target.ts";
import { targetModule } from "./targets.ts";

const directory = join(import.meta.dirname, "../../fixtures/fuzz-corpus");

/** The inputs that are kept for a target, in the order of their names. */
export function keptCorpus(target: string): Buffer[] {
  return globSync(`${target}/*`, { cwd: directory })
    .sort()
    .map((path) => readFileSync(join(directory, path)));
}

/** For each target; what a longer search finds is found again from them. */
const mostKept = 40;

/** Keeps the smallest of these inputs for a target, in the place of those that were kept; its own seeds are not kept twice. */
export async function keepCorpus(name: string, inputs: readonly Uint8Array[]): Promise<void> {
  const { target } = (await import(targetModule(name).href)) as { target: FuzzTarget };
  const seeds = target.seeds.map((seed) => Buffer.from(seed));
  const found = inputs.filter((input) => !seeds.some((seed) => seed.equals(input))).sort((a, b) => a.length - b.length);
  const own = join(directory, name);
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  // Each is named for its content.
  for (const input of found.slice(0, mostKept))
    writeFileSync(join(own, createHash("sha256").update(input).digest("hex").slice(0, 12)), input);
}
