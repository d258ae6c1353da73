import { type Bench, median, percentile, timed } from "../bench.ts";
import { measureInHost } from "./bench-host.ts";
import { portsBound } from "./bound-ports.ts";
import { firstGame, type GameSide } from "./game-side.ts";
import { left4meSide } from "./left4me-side.ts";
import { olderLayout } from "./older-layout.ts";
import { plainSandbox } from "./plain-sandbox.ts";

/** Milliseconds of each reset. */
type Figures = { readonly ours: number[]; readonly older: number[]; readonly plain: number[] };

/** A reset of a game that runs and on which nobody plays: stop, unmount, discard. */
export const resetBench: Bench = {
  title: "a reset of an idle instance through the RPC (systemd driver), against the older layout in the same host",
  async run({ runs, log }) {
    const { ours, older, plain } = await measureInHost<Figures>("reset", runs);
    log(
      `medians: ours ${median(ours).toFixed(1)} ms, older layout ${median(older).toFixed(1)} ms, sandbox alone ${median(plain).toFixed(1)} ms`,
    );
    return {
      unit: "ms",
      value: median(ours),
      peer: median(older),
      limit: { of: "ratio", most: 0.7 },
      further: {
        p99: { value: percentile(ours, 0.99), unit: "ms" },
        olderP99: { value: percentile(older, 0.99), unit: "ms" },
        stopOfSandboxAlone: { value: median(plain), unit: "ms" },
      },
    };
  },
};

/** Within the host. */
export async function measureReset(runs: number): Promise<Figures> {
  const sides = { ours: await left4meSide(1), older: olderLayout(1), plain: plainSandbox(1) };
  const figures: Figures = { ours: [], older: [], plain: [] };
  for (let run = -2; run < runs; run += 1) {
    for (const side of ["ours", "older", "plain"] as const) {
      const took = await resetOnce(sides[side]);
      if (run >= 0) figures[side].push(took); // before: warm-up
    }
  }
  return figures;
}

async function resetOnce(side: GameSide): Promise<number> {
  const game = firstGame(side);
  await side.prepare();
  await side.start(game);
  await portsBound([game.port]);
  return timed(() => side.reset(game));
}
