import { printable } from "./terminal.ts";

/** One cell: its text, and perhaps how to colour it (never counted in the width). */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** How a table fits into little room. */
export type TableOptions = {
  /** The longest line; what is beyond is cut, and `…` stands in its last place. Default: as long as they are. */
  readonly width?: number | undefined;
  /** Columns that are left out one by one, the first one first, before anything is cut. */
  readonly dispensable?: readonly string[];
};

/** Rows below a heading, columns aligned by two spaces. Columns without any content are left out. */
export function formatTable(heading: readonly string[], rows: readonly (readonly Cell[])[], options: TableOptions = {}): string {
  const { width = Number.POSITIVE_INFINITY, dispensable = [] } = options;
  const used = heading.map((_, column) => column === 0 || rows.some((row) => textOf(row[column] ?? "") !== ""));
  const widths = heading.map((_, column) => Math.max(...[heading, ...rows].map((row) => [...textOf(row[column] ?? "")].length)));
  const length = () => widths.reduce((sum, each, column) => (used[column] === true ? sum + each + 2 : sum), -2);
  for (const name of dispensable) if (length() > width) used[heading.indexOf(name)] = false;
  const shown = <Item>(row: readonly Item[]) => row.filter((_, column) => used[column] === true);
  return [heading, ...rows].map((row) => `${cutRow(padRow(shown<Cell>(row), shown(widths)), width)}\n`).join("");
}

/** Names and values, values aligned. Pairs without a value are left out; further lines of a value are indented. */
export function formatPairs(pairs: readonly (readonly [name: string, value: string])[]): string {
  const shown = pairs.filter(([, value]) => value !== "");
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown
    .map(
      ([name, value]) =>
        `${name.padEnd(width)}  ${value
          .split("\n")
          .map(printable)
          .join(`\n${" ".repeat(width + 2)}`)}\n`,
    )
    .join("");
}

/** A cell with the spaces behind it. */
type PaddedCell = { readonly characters: readonly string[]; readonly padding: number; readonly paint: (text: string) => string };

function padRow(row: readonly Cell[], widths: readonly number[]): PaddedCell[] {
  const last = row.findLastIndex((cell) => textOf(cell) !== "");
  return row.slice(0, last + 1).map((cell, column) => {
    const characters = [...textOf(cell)];
    const padding = column === last ? 0 : (widths[column] ?? 0) - characters.length + 2;
    return { characters, padding, paint: typeof cell === "string" ? (text: string) => text : cell.paint };
  });
}

function cutRow(cells: readonly PaddedCell[], width: number): string {
  const length = cells.reduce((sum, { characters, padding }) => sum + characters.length + padding, 0);
  let room = length <= width ? length : Math.max(0, width - 1);
  const parts = cells.map(({ characters, padding, paint }) => {
    const shown = characters.slice(0, room);
    const spaces = Math.min(padding, room - shown.length);
    room -= shown.length + spaces;
    return (shown.length === 0 ? "" : paint(shown.join(""))) + " ".repeat(spaces);
  });
  return length <= width ? parts.join("") : `${parts.join("")}…`;
}

function textOf(cell: Cell): string {
  return printable(typeof cell === "string" ? cell : cell.text);
}
