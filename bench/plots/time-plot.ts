import { escaped, plotText } from "./plot-text.ts";

/** A figure over time, on a line of its own. */
export type TimeRow = {
  readonly label: string;
  /** Time in any unit, and the figure then. */
  readonly points: readonly (readonly [time: number, value: number])[];
  /** What stands behind the line. */
  readonly told: string;
};

/** Figures over one time, each below the other and each on a scale of its own, from zero to its largest value. */
export type TimePlot = { readonly title: string; readonly unit: string; readonly rows: readonly TimeRow[] };

const width = 760;
const row = { height: 44, gap: 12 };
const room = { top: 48, bottom: 36, left: 190, right: 190 };
const colours = { line: "#0969da", quiet: "#6e7781", grid: "#d0d7de" };

/** Draws a plot as SVG. The same values give the same text. */
export function timePlot({ title, unit, rows }: TimePlot): string {
  const height = room.top + rows.length * (row.height + row.gap) + room.bottom;
  const most = Math.max(...rows.flatMap(({ points }) => points.map(([time]) => time)), 1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#24292f">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="6" fill="#ffffff"/>`,
    plotText(16, 26, title, 'font-size="15" font-weight="600"'),
    ...rows.map((one, index) => drawnRow(one, room.top + index * (row.height + row.gap), most)),
    plotText(16, height - 10, unit, `font-size="11" fill="${colours.quiet}"`),
    "</svg>\n",
  ].join("\n");
}

function drawnRow({ label, points, told }: TimeRow, top: number, mostTime: number): string {
  const most = Math.max(...points.map(([, value]) => value), 1);
  const base = top + row.height;
  const place = ([time, value]: readonly [number, number]) =>
    `${rounded(room.left + (time / mostTime) * (width - room.left - room.right))},${rounded(base - (value / most) * row.height)}`;
  return [
    `<line x1="${room.left}" y1="${base}" x2="${width - room.right}" y2="${base}" stroke="${colours.grid}"/>`,
    `<polyline points="${points.map(place).join(" ")}" fill="none" stroke="${colours.line}" stroke-width="1.2"/>`,
    plotText(room.left - 12, base - row.height / 2 + 4, label, 'text-anchor="end"'),
    plotText(width - room.right + 12, base - row.height / 2 + 4, told, ""),
  ].join("\n");
}

function rounded(position: number): number {
  return Math.round(position * 10) / 10;
}
