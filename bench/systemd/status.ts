import type { HostClient } from "../../src/client/index.ts";
import { type Bench, median, percentile, timed } from "../bench.ts";
import { startGrpcJsPeer } from "../peers/grpc-js-peer.ts";
import { measureInHost } from "./bench-host.ts";
import { firstGame } from "./game-side.ts";
import { left4meSide } from "./left4me-side.ts";
import { installOlderCli } from "./older-cli.ts";
import { operatorClient } from "./operator-client.ts";
import { systemctl } from "./systemctl.ts";

const instances = 100;
const callsARun = 10;
/** The older CLI takes seconds for all: once in so many runs is enough. */
const runsAnOlderList = 10;

/** Milliseconds of each read of one instance, and of all. */
type Reads = { readonly one: number[]; readonly all: number[] };
type Side = "ours" | "oursByGrpc" | "grpcJs" | "systemctl" | "older";
type Figures = Readonly<Record<Side, Reads>>;

/** Reads of a host on which a hundred games run. */
export const statusBench: Bench = {
  title: `GetInstance and ListInstances of ${instances} running instances, against systemctl show, a grpc-js server and the older CLI`,
  async run({ runs, log }) {
    const figures = await measureInHost<Figures>("status", runs);
    for (const [side, { one, all }] of Object.entries(figures))
      log(`${side}: one ${median(one).toFixed(2)} ms, all ${median(all).toFixed(2)} ms`);
    const { ours, oursByGrpc, grpcJs, systemctl, older } = figures;
    const p50 = (values: readonly number[]) => ({ value: median(values), unit: "ms" });
    const p99 = (values: readonly number[]) => ({ value: percentile(values, 0.99), unit: "ms" });
    return {
      unit: "ms",
      value: median(ours.all),
      peer: median(systemctl.all),
      limit: { of: "value", most: 2 },
      further: {
        p99: p99(ours.all),
        get: { ...p50(ours.one), most: 2 },
        getP99: p99(ours.one),
        byGrpc: p50(oursByGrpc.all),
        getByGrpc: p50(oursByGrpc.one),
        grpcJs: p50(grpcJs.all),
        grpcJsGet: p50(grpcJs.one),
        byGrpcOverGrpcJs: { value: median(oursByGrpc.all) / median(grpcJs.all), unit: "ratio" },
        systemctlShowOne: p50(systemctl.one),
        older: p50(older.all),
        olderGet: p50(older.one),
      },
    };
  },
};

/** Within the host. */
export async function measureStatus(runs: number): Promise<Figures> {
  const side = await left4meSide(instances);
  const names = side.games.map(({ name }) => name);
  const { name } = firstGame(side);
  await side.startAll();
  const peer = await startGrpcJsPeer({ list: await side.client.instances.listInstances({}) });
  const cli = installOlderCli();
  const sides: Record<Side, Reader> = {
    ours: rpcReader(side.client, name),
    oursByGrpc: rpcReader(operatorClient("grpc"), name),
    grpcJs: rpcReader(peer.client, name),
    systemctl: { calls: 1, one: () => systemctl("show", unitOf(name)), all: () => systemctl("show", ...names.map(unitOf)) },
    older: {
      calls: 1,
      one: () => cli.state(name),
      all: async () => {
        for (const each of names) await cli.state(each); // it has no other list
      },
      runsAnAll: runsAnOlderList,
    },
  };
  const figures: Figures = { ours: reads(), oursByGrpc: reads(), grpcJs: reads(), systemctl: reads(), older: reads() };
  for (let run = -2; run < runs; run += 1)
    for (const each of Object.keys(sides) as Side[]) await readOnce(sides[each], run, run < 0 ? reads() : figures[each]); // before: warm-up
  await peer.end();
  await side.stopAll();
  return figures;
}

/** One way to read. */
type Reader = {
  /** Calls a run; what takes long needs fewer. */
  readonly calls: number;
  one(): Promise<unknown>;
  all(): Promise<unknown>;
  /** All are read once in so many runs. Default: in every one. */
  readonly runsAnAll?: number;
};

function rpcReader({ instances: service }: HostClient, name: string): Reader {
  return { calls: callsARun, one: () => service.getInstance({ name }), all: () => service.listInstances({}) };
}

async function readOnce({ calls, one, all, runsAnAll = 1 }: Reader, run: number, figures: Reads): Promise<void> {
  for (let call = 0; call < calls; call += 1) {
    figures.one.push(await timed(one));
    if (run % runsAnAll === 0) figures.all.push(await timed(all));
  }
}

function reads(): Reads {
  return { one: [], all: [] };
}

function unitOf(name: string): string {
  return `left4me-server@${name}.service`;
}
