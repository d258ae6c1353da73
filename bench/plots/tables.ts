import type { SavedResult } from "../results.ts";
import { shown } from "./figure.ts";
import { figureWords } from "./figure-words.ts";
import { type Promised, promisesOf } from "./promises.ts";

/** A bench with its last saved result. */
export type Measured = { readonly name: string; readonly title: string; readonly result: SavedResult | undefined };

const notYet = "not measured yet";

/** Every promise: measured, compared with, kept or missed. */
export function promiseTable(benches: readonly Measured[]): string {
  const rows = benches.flatMap(({ name, title, result }) =>
    result === undefined ? [[name, title, notYet, "", "", "", ""]] : promisesOf(result).map(promiseRow),
  );
  return table([["bench", "what", "measured", "against, in the same run", "ratio", "promise", "kept"], ...rows]);
}

function promiseRow({ bench, figure, unit, value, against, of, most, measured }: Promised): string[] {
  return [
    bench,
    figureWords(bench, figure),
    `${shown(value)} ${unit}`,
    against === undefined ? "" : `${against.what}: ${shown(against.value)} ${unit}`,
    against === undefined ? "" : shown(against.ratio),
    of === "ratio" ? `≤ ${shown(most)} ×` : `≤ ${shown(most)} ${unit}`,
    measured <= most ? "yes" : "**missed**",
  ];
}

/** What each result was measured under. */
export function conditionTable(benches: readonly Measured[]): string {
  const rows = benches.flatMap(({ name, result }) => {
    if (result === undefined) return [];
    const { date, runs, load, cpus, memoryGiB, node, kernel } = result.conditions;
    return [[name, date.slice(0, 10), String(runs), load.map(shown).join(", "), `${cpus}, ${memoryGiB} GiB`, node, kernel]];
  });
  return table([["bench", "date", "runs", "load (1, 5, 15 minutes)", "processors, memory", "Node.js", "kernel"], ...rows]);
}

/** Rows as a Markdown table, the first one its head; columns in line. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], fill: string) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`;
  return [
    line(head, " "),
    line(
      head.map(() => ""),
      "-",
    ),
    ...rows.slice(1).map((row) => line(row, " ")),
  ].join("\n");
}
