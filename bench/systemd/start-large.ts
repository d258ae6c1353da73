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

type Figures = { readonly small: number[]; readonly large: number[]; readonly upperBytes: number };

const store = "/var/lib/left4me";
const name = "measured";

/** A start over an installation of the real game's size against one over an empty installation: nothing may be copied. */
export const startLargeSystemdBench: Bench = {
  title: `systemd driver: a start over ${largeTree.files} files with 10 GB (sparse), against one over an empty installation`,
  async run({ runs, log }) {
    const { small, large, upperBytes } = await measureInHost<Figures>("start-large", runs);
    log(`${runs} starts of each, in turn; an instance over the large one uses ${upperBytes} bytes of the disk`);
    const further = { upperBytes: { value: upperBytes, unit: "bytes" } };
    return { unit: "ms", value: median(large), peer: median(small), limit: { of: "ratio", most: 1.1 }, further };
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
  const small: number[] = [];
  const large: number[] = [];
  for (let run = -2; run < runs; run += 1) {
    const [a, b] = [await startOver(client, smallBuild), await startOver(client, largeBuild)];
    if (run < 0) continue; // warm-up
    small.push(a);
    large.push(b);
  }
  const upperBytes = Number(execFileSync("du", ["-sB1", join(store, "runtime", name, "upper")], { encoding: "utf8" }).split("\t")[0]);
  return { small, large, upperBytes };
}

async function importTree(client: HostClient, fillTree: (tree: string) => Promise<void>): Promise<string> {
  const tree = await mkdtemp("/var/tmp/tree-");
  await cp(lightGame, tree, { recursive: true });
  await fillTree(tree);
  const { build } = await importBuild(client, packTree(tree, await listTree(tree)));
  return build?.id ?? "";
}

/** The first start after an activation publishes a generation; the second one is what every further start costs. */
async function startOver(client: HostClient, buildId: string): Promise<number> {
  await client.installation.activateBuild({ buildId });
  let took = 0;
  for (let round = 0; round < 2; round += 1) {
    took = await timed(() => client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE }));
    await client.instances.stopInstance({ name });
  }
  return took;
}
