import { type Bench, median, percentile, timed } from "../bench.ts";
import { measureInHost } from "./bench-host.ts";
import { firstGame } from "./game-side.ts";
import { left4meSide } from "./left4me-side.ts";
import { systemctl } from "./systemctl.ts";

const instances = 100;
const callsARun = 10;

/** Milliseconds of each call. */
type Figures = { readonly get: number[]; readonly list: number[]; readonly show: number[] };

/** Reads of a host on which a hundred games run. */
export const listBench: Bench = {
  title: `GetInstance and ListInstances of ${instances} running instances, against one systemctl show of their units`,
  async run({ runs, log }) {
    const { get, list, show } = await measureInHost<Figures>("list", runs);
    log(
      `p50: GetInstance ${median(get).toFixed(2)} ms, ListInstances ${median(list).toFixed(2)} ms, systemctl show ${median(show).toFixed(0)} ms`,
    );
    return {
      unit: "ms",
      value: median(list),
      peer: median(show),
      limit: { of: "value", most: 2 },
      further: {
        p99: { value: percentile(list, 0.99), unit: "ms" },
        get: { value: median(get), unit: "ms", most: 2 },
        getP99: { value: percentile(get, 0.99), unit: "ms" },
      },
    };
  },
};

/** Within the host. */
export async function measureList(runs: number): Promise<Figures> {
  const ours = await left4meSide(instances);
  const { instances: service } = ours.client;
  const { name } = firstGame(ours);
  const units = ours.games.map((game) => `left4me-server@${game.name}.service`);
  await ours.startAll();
  const figures: Figures = { get: [], list: [], show: [] };
  for (let run = -2; run < runs; run += 1) {
    const show = await timed(() => systemctl("show", ...units));
    if (run >= 0) figures.show.push(show);
    for (let call = 0; call < callsARun; call += 1) {
      const get = await timed(() => service.getInstance({ name }));
      const list = await timed(() => service.listInstances({}));
      if (run < 0) continue; // warm-up
      figures.get.push(get);
      figures.list.push(list);
    }
  }
  await ours.stopAll();
  return figures;
}
