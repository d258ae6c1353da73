import { shown } from "./figure.ts";
import { escaped, plotText as text } from "./plot-text.ts";

/** A row of a plot. */
export type PlotRow = {
  readonly label: string;
  /** What is measured, the same where a promise was missed, what it is compared with, or the least that it could be. */
  readonly side: "ours" | "missed" | "peer" | "floor";
  /** One value, or a median and a 99th percentile. */
  readonly values: readonly number[];
};

/** Values on a line each, over a logarithmic axis: differences of a hundred times stay readable. */
export type Plot = {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly PlotRow[];
  /** Where a promise ends. */
  readonly limit?: number;
};

const rowHeight = 26;
/** How wide the axis is. */
const span = 360;
/** Room around the rows, for the title, the axis and the values; labels have this much at the least. */
const room = { top: 60, bottom: 40, left: 250, right: 150 };
/** So wide a letter of a label is, or less. */
const letterWidth = 6.4;
const colours = { ours: "#0969da", missed: "#cf222e", peer: "#6e7781", floor: "#9a6700", limit: "#cf222e", grid: "#d0d7de" };

/** Draws a plot as SVG. The same values give the same text. */
export function dotPlot({ title, unit, rows, limit }: Plot): string {
  const height = room.top + rows.length * rowHeight + room.bottom;
  const left = Math.max(room.left, Math.ceil(24 + letterWidth * Math.max(...rows.map(({ label }) => label.length))));
  const width = left + span + room.right;
  const axis = axisOver(left, [...rows.flatMap(({ values }) => values), ...(limit === undefined ? [] : [limit])]);
  const hasSpread = rows.some(({ values }) => values.length > 1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#24292f">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="6" fill="#ffffff"/>`,
    text(16, 26, title, 'font-size="15" font-weight="600"'),
    ...axis.ticks.map((tick) => tickOf(tick, axis.at(tick), height)),
    ...(limit === undefined ? [] : [limitLine(limit, axis.at(limit), height)]),
    ...rows.map((row, index) => drawnRow(row, left, room.top + (index + 0.5) * rowHeight, axis.at)),
    text(16, height - 10, hasSpread ? `${unit}; dot: median, ring: 99th percentile` : unit, `font-size="11" fill="${colours.peer}"`),
    "</svg>\n",
  ].join("\n");
}

type Axis = { readonly ticks: readonly number[]; at(value: number): number };

/** Whole decades around all values; what is not above zero stands at the left end. */
function axisOver(left: number, values: readonly number[]): Axis {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  const least = Math.floor(Math.min(...(logs.length > 0 ? logs : [0])));
  const most = Math.max(least + 1, Math.ceil(Math.max(...logs, least)));
  return {
    ticks: Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index)),
    at: (value) => rounded(left + ((Math.log10(Math.max(value, 10 ** least)) - least) / (most - least)) * span),
  };
}

function drawnRow({ label, side, values }: PlotRow, left: number, y: number, at: (value: number) => number): string {
  const colour = colours[side];
  const [first = 0, second] = values.map(at);
  const dot = `<circle cx="${first}" cy="${y}" r="5" fill="${colour}"/>`;
  const ring =
    second === undefined
      ? ""
      : `<line x1="${first}" y1="${y}" x2="${second}" y2="${y}" stroke="${colour}" stroke-width="2"/>` +
        `<circle cx="${second}" cy="${y}" r="4.5" fill="#ffffff" stroke="${colour}" stroke-width="2"/>`;
  const weight = side === "ours" ? ' font-weight="600"' : "";
  return [
    text(left - 12, y + 4, label, `text-anchor="end"${weight}`),
    ring + dot,
    text(left + span + 14, y + 4, values.map(shown).join(" – "), weight.trim()),
  ].join("\n");
}

function tickOf(tick: number, x: number, height: number): string {
  const end = height - room.bottom;
  return (
    `<line x1="${x}" y1="${room.top}" x2="${x}" y2="${end}" stroke="${colours.grid}"/>` +
    text(x, end + 15, shown(tick), `text-anchor="middle" font-size="11" fill="${colours.peer}"`)
  );
}

function limitLine(limit: number, x: number, height: number): string {
  return (
    `<line x1="${x}" y1="${room.top - 6}" x2="${x}" y2="${height - room.bottom}" stroke="${colours.limit}" stroke-dasharray="4 3"/>` +
    text(x, room.top - 8, `promise: ${shown(limit)}`, `text-anchor="middle" font-size="11" fill="${colours.limit}"`)
  );
}

function rounded(position: number): number {
  return Math.round(position * 10) / 10;
}
