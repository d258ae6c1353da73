import { type Bench, median, percentile } from "../bench.ts";
import { measureInHost } from "./bench-host.ts";
import { portsBound } from "./bound-ports.ts";
import { firstGame, type GameSide } from "./game-side.ts";
import { KeptBus } from "./kept-bus.ts";
import { left4meSide } from "./left4me-side.ts";
import { olderLayout } from "./older-layout.ts";
import { plainSandbox } from "./plain-sandbox.ts";

/** Milliseconds until each start was answered, and until the game was ready. */
type Starts = { readonly answered: number[]; readonly ready: number[] };
type Figures = { readonly ours: Starts; readonly plain: Starts; readonly plainByBus: Starts; readonly older: Starts };

/** A start with full hardening, through the RPC with wait_for ACTIVE. */
export const startBench: Bench = {
  title: "a start with full hardening through the RPC, against the same sandbox without an overlay; the older layout beside it",
  async run({ runs, log }) {
    const { ours, plain, plainByBus, older } = await measureInHost<Figures>("start", runs);
    for (const [name, { answered, ready }] of Object.entries({ ours, plain, plainByBus, older }))
      log(`${name}: answered after ${median(answered).toFixed(1)} ms, ready after ${median(ready).toFixed(1)} ms`);
    const figure = (values: readonly number[]) => ({ value: median(values), unit: "ms" });
    return {
      unit: "ms",
      value: median(ours.answered),
      floor: median(plain.answered),
      limit: { of: "ratio", most: 1.5 },
      further: {
        p99: { value: percentile(ours.answered, 0.99), unit: "ms" },
        ready: figure(ours.ready),
        floorReady: figure(plain.ready),
        floorByKeptBusAsRoot: figure(plainByBus.answered),
        older: figure(older.answered),
        olderReady: figure(older.ready),
      },
    };
  },
};

/** Within the host. */
export async function measureStart(runs: number): Promise<Figures> {
  const bus = await KeptBus.connect();
  const plain = plainSandbox(1);
  const sides = {
    ours: await left4meSide(1),
    plain,
    plainByBus: { ...plain, start: () => bus.start(`plain-server@${firstGame(plain).name}.service`) },
    older: olderLayout(1),
  };
  const empty = (): Starts => ({ answered: [], ready: [] });
  const figures: Figures = { ours: empty(), plain: empty(), plainByBus: empty(), older: empty() };
  for (let run = -2; run < runs; run += 1) {
    for (const side of ["ours", "plain", "plainByBus", "older"] as const) {
      const { answered, ready } = await startOnce(sides[side]);
      if (run < 0) continue; // warm-up
      figures[side].answered.push(answered);
      figures[side].ready.push(ready);
    }
  }
  return figures;
}

async function startOnce(side: GameSide): Promise<{ answered: number; ready: number }> {
  const game = firstGame(side);
  await side.prepare();
  const began = performance.now();
  await side.start(game);
  const answered = performance.now() - began;
  await portsBound([game.port]);
  const ready = performance.now() - began;
  await side.stopAll();
  return { answered, ready };
}
