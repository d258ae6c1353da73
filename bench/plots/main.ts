/**
 * `npm run plots`: draws what bench/results has as SVG images, and writes it into docs/explanation/performance.md.
 *
 * Run it after a bench was saved. The same results give the same bytes.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { benches } from "../benches.ts";
import { savedResult } from "../results.ts";
import { charts } from "./charts.ts";
import { dotPlot, type Plot } from "./dot-plot.ts";
import { plotOf, plotOfPromises } from "./plot-of.ts";
import { promisesOf } from "./promises.ts";
import { soakPlot } from "./soak-plot.ts";
import { conditionTable, type Measured, promiseTable } from "./tables.ts";
import { timePlot } from "./time-plot.ts";

const page = new URL("../../docs/explanation/performance.md", import.meta.url);
const images = new URL("../../docs/explanation/performance/", import.meta.url);
/** What stands between these lines of the page is written here. */
const marks = { begin: "<!-- figures: written by npm run plots -->", end: "<!-- end of figures -->" };

const measured: Measured[] = Object.entries(benches).map(([name, { title }]) => ({ name, title, result: savedResult(name) }));
const results = new Map(measured.flatMap(({ name, result }) => (result === undefined ? [] : [[name, result] as const])));

rmSync(images, { recursive: true, force: true });
mkdirSync(images, { recursive: true });
const promises = dots("promises", plotOfPromises([...results.values()].flatMap(promisesOf)));
const drawn = charts.flatMap((chart) => {
  const result = results.get(chart.bench);
  const plot = result === undefined ? undefined : plotOf(chart, result);
  return plot === undefined ? [] : [dots(chart.name, plot)];
});
const soak = soakPlot();
const life = soak === undefined ? [] : ["### A long life", image("soak", soak.title, timePlot(soak))];
writePage([promises, promiseTable(measured), ...drawn, ...life, "### Conditions", conditionTable(measured)].join("\n\n"));

function dots(name: string, plot: Plot): string {
  return image(name, plot.title, dotPlot(plot));
}

/** Keeps an image. @returns the Markdown that shows it */
function image(name: string, title: string, svg: string): string {
  writeFileSync(new URL(`${name}.svg`, images), svg);
  return `![${title}](performance/${name}.svg)`;
}

function writePage(figures: string): void {
  const text = readFileSync(page, "utf8");
  const [begin, end] = [text.indexOf(marks.begin), text.indexOf(marks.end)];
  if (begin < 0 || end < begin) throw new Error(`${page.pathname} lacks the lines "${marks.begin}" and "${marks.end}"`);
  writeFileSync(page, `${text.slice(0, begin + marks.begin.length)}\n\n${figures}\n\n${text.slice(end)}`);
}
