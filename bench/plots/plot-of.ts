import type { SavedResult } from "../results.ts";
import type { Chart } from "./charts.ts";
import type { Plot, PlotRow } from "./dot-plot.ts";
import { figureOf } from "./figure.ts";
import { figureWords } from "./figure-words.ts";
import type { Promised } from "./promises.ts";

/** A chart with the figures of a result. Rows of which the result has nothing are left out; undefined when none is left. */
export function plotOf({ title, unit, limit, rows }: Chart, result: SavedResult): Plot | undefined {
  const drawn = rows.flatMap(([label, side, ...figures]): PlotRow[] => {
    const values = figures.flatMap((figure) => {
      const value = figureOf(result, figure);
      return value !== undefined && Number.isFinite(value) ? [value] : [];
    });
    return values.length === 0 ? [] : [{ label, side, values }];
  });
  return drawn.length === 0 ? undefined : { title, unit, rows: drawn, ...(limit === undefined ? {} : { limit }) };
}

/** All promises at once: what was measured as a share of what was promised. A promise of nothing at all has no share. */
export function plotOfPromises(promises: readonly Promised[]): Plot {
  return {
    title: "What was measured, as a share of what was promised",
    unit: "1 is the limit; less is better",
    limit: 1,
    rows: promises
      .filter(({ most }) => most > 0)
      .map(({ bench, figure, measured, most }) => ({
        label: `${bench}: ${figureWords(bench, figure)}`,
        side: measured <= most ? "ours" : "missed",
        values: [measured / most],
      })),
  };
}
