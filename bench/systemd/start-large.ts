import { execFileSync } from "node:child_process";
import { cp, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { listTree, packTree } from "../../src/cli/input/pack-directory.ts";
import { type HostClient, importBuild, WaitFor } from "../../src/client/index.ts";
import { type Bench, median, timed } from "../bench.ts";
import { fillLargeTree, largeTree, makeSparse } from "../large-tree.ts";
import { measureInHost } from "./bench-host.ts";
import { lightGame } from "./light-tree.ts";
import { operatorClient } from "./operator-client.ts";

/** Starts over the large installation and over the empty one. */
type Figures = { readonly large: Starts; readonly small: Starts; readonly instanceBytes: number };

/** Milliseconds: of the first start after each activation, which publishes a generation, and of the second one. */
type Starts = { readonly first: number[]; readonly further: number[] };

const store = "/var/lib/left4me";
const name = "measured";

/** A start over an installation of the real game's size against one over an empty installation: nothing may be copied. */
export const startLargeSystemdBench: Bench = {
  title: `systemd driver: a start over ${largeTree.files} files with 10 GB (sparse), against one over an empty installation`,
  async run({ runs, log }) {
    const { small, large, instanceBytes } = await measureInHost<Figures>("start-large", runs);
    log(`${runs} starts of each kind, in turn; an instance over the large one uses ${instanceBytes} bytes of the disk`);
    const further = {
      firstAfterActivation: { value: median(large.first), unit: "ms" },
      firstAfterActivationOfEmpty: { value: median(small.first), unit: "ms" },
      firstOverEmpty: { value: median(large.first) / median(small.first), unit: "ratio" },
      instanceBytes: { value: instanceBytes, unit: "bytes" },
    };
    return { unit: "ms", value: median(large.further), peer: median(small.further), limit: { of: "ratio", most: 1.1 }, further };
  },
};

/** Within the host. */
export async function measureStartLarge(runs: number): Promise<Figures> {
  const client = operatorClient();
  const smallBuild = await importTree(client, async () => {});
  const largeBuild = await importTree(client, fillLargeTree);
  // The sparse file is made behind the host's back: as a stream its zeros would be real bytes.
  const sparse = join(store, "layers", largeBuild, "left4dead2/pak01_000.vpk");
  await makeSparse(sparse);
  execFileSync("chown", ["left4me:left4me-game", sparse]);
  await client.instances.initializeInstance({ name, spec: { port: 27000 } });
  const small: Starts = { first: [], further: [] };
  const large: Starts = { first: [], further: [] };
  for (let run = -2; run < runs; run += 1) {
    for (const [buildId, starts] of [[smallBuild, small] as const, [largeBuild, large] as const]) {
      const { first, further } = await startOver(client, buildId);
      if (run < 0) continue; // warm-up
      starts.first.push(first);
      starts.further.push(further);
    }
  }
  return { small, large, instanceBytes: bytesOf("runtime", name, "upper") + bytesOf("instances", name, "gen") };
}

/** What a directory below the store uses of the disk: what the game wrote, and what starts are made of. */
function bytesOf(...path: readonly string[]): number {
  return Number(execFileSync("du", ["-sB1", join(store, ...path)], { encoding: "utf8" }).split("\t")[0]);
}

async function importTree(client: HostClient, fillTree: (tree: string) => Promise<void>): Promise<string> {
  const tree = await mkdtemp("/var/tmp/tree-");
  await cp(lightGame, tree, { recursive: true });
  await fillTree(tree);
  const { build } = await importBuild(client, packTree(tree, await listTree(tree)));
  return build?.id ?? "";
}

/** The first start after an activation publishes a generation; the second one is what every further start costs. */
async function startOver(client: HostClient, buildId: string): Promise<{ readonly first: number; readonly further: number }> {
  await client.installation.activateBuild({ buildId });
  return { first: await startAndStop(client), further: await startAndStop(client) };
}

async function startAndStop(client: HostClient): Promise<number> {
  const took = await timed(() => client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE }));
  await client.instances.stopInstance({ name });
  return took;
}
