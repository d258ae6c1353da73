import { printable } from "./terminal.ts";

/** One cell: its text, and perhaps how to colour it (never counted in the width). */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** Rows below a heading, columns aligned by two spaces. Columns without any content are left out. */
export function formatTable(heading: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const used = heading.map((_, column) => column === 0 || rows.some((row) => textOf(row[column] ?? "") !== ""));
  const lines = [heading, ...rows].map((row) => row.filter((_, column) => used[column] === true));
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((row) => [...textOf(row[column] ?? "")].length)));
  return lines.map((row) => `${formatRow(row, widths)}\n`).join("");
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

function formatRow(row: readonly Cell[], widths: readonly number[]): string {
  return row
    .map((cell, column) => {
      const text = textOf(cell);
      const padding = column === row.length - 1 ? "" : " ".repeat((widths[column] ?? 0) - [...text].length + 2);
      return (typeof cell === "string" ? text : cell.paint(text)) + padding;
    })
    .join("")
    .trimEnd();
}

function textOf(cell: Cell): string {
  return printable(typeof cell === "string" ? cell : cell.text);
}
