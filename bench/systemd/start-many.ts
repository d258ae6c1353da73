import { type Bench, median, timed } from "../bench.ts";
import { measureInHost } from "./bench-host.ts";
import { portsBound } from "./bound-ports.ts";
import type { GameSide } from "./game-side.ts";
import { left4meSide } from "./left4me-side.ts";
import { olderLayout } from "./older-layout.ts";
import { plainSandbox } from "./plain-sandbox.ts";

const instances = 100;

/** One round is a hundred starts a side: six single runs count as one. */
const runsARound = 6;

/** Seconds of each round. */
type Figures = { readonly ours: number[]; readonly older: number[]; readonly plain: number[] };

/** A hundred instances at once with full hardening, until the last one is ready. */
export const startManyBench: Bench = {
  title: `${instances} instances started at once until all are ready, against the older layout and the same sandbox without overlays`,
  async run({ runs, log }) {
    const { ours, older, plain } = await measureInHost<Figures>("start-100", runs);
    for (const [name, seconds] of Object.entries({ ours, older, plain }))
      log(`${name}: ${seconds.map((value) => value.toFixed(2)).join(", ")} s`);
    return {
      unit: "s",
      value: median(ours),
      peer: median(older),
      limit: { of: "ratio", most: 0.35 },
      further: {
        sandboxAlone: { value: median(plain), unit: "s" },
        overSandboxAlone: { value: median(ours) / median(plain), unit: "ratio", most: 2.2 },
        rounds: { value: ours.length, unit: `rounds of ${instances} starts` },
      },
    };
  },
};

/** Within the host. */
export async function measureStartMany(runs: number): Promise<Figures> {
  const sides = { ours: await left4meSide(instances), older: olderLayout(instances), plain: plainSandbox(instances) };
  const figures: Figures = { ours: [], older: [], plain: [] };
  for (let round = 0; round < Math.ceil(runs / runsARound); round += 1) {
    for (const side of ["ours", "older", "plain"] as const) figures[side].push((await startAllOnce(sides[side])) / 1000);
  }
  return figures;
}

async function startAllOnce(side: GameSide): Promise<number> {
  await side.prepare();
  const took = await timed(async () => {
    await side.startAll();
    await portsBound(side.games.map(({ port }) => port));
  });
  await side.stopAll();
  return took;
}
