import { existsSync, readFileSync } from "node:fs";
import { shown } from "./figure.ts";
import type { TimePlot, TimeRow } from "./time-plot.ts";

/** What `npm run evidence -- soak --save` keeps, as far as it is drawn. */
type SoakResult = {
  readonly figures: {
    readonly minutes: number;
    readonly samples: readonly (Readonly<Record<string, number>> & { readonly seconds: number })[];
    readonly trends: Readonly<Record<string, { readonly first: number; readonly last: number }>>;
  };
};

const file = new URL("../results/soak.json", import.meta.url);

const labels: Readonly<Record<string, string>> = {
  daemonMb: "daemon: MB resident",
  daemonDescriptors: "daemon: descriptors",
  daemonChildren: "daemon: children",
  systemdMb: "systemd: MB resident",
  systemdDescriptors: "systemd: descriptors",
  mounts: "mounts",
  cgroups: "control groups",
  units: "units",
  runFiles: "files of /run/left4me",
  temporaryFiles: "files of tmp/",
};

/** The plot of the soak that was saved last; undefined when none was. */
export function soakPlot(): TimePlot | undefined {
  if (!existsSync(file)) return undefined;
  const { figures } = JSON.parse(readFileSync(file, "utf8")) as SoakResult;
  const rows = Object.entries(labels).map(([name, label]): TimeRow => {
    const { first = Number.NaN, last = Number.NaN } = figures.trends[name] ?? {};
    return {
      label,
      points: figures.samples.flatMap((sample) => (sample[name] === undefined ? [] : [[sample.seconds / 60, sample[name]] as const])),
      told: `${shown(first)} – ${shown(last)}`,
    };
  });
  return {
    title: `What a host holds in ${shown(figures.minutes)} minutes of a mixed load with faults`,
    unit: `${shown(figures.minutes)} minutes from left to right, each line from zero; medians of the first and the last third of the last daemon's life, warmed up`,
    rows,
  };
}
