import { cp, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { listTree, packTree } from "../src/cli/input/pack-directory.ts";
import { importBuild, WaitFor } from "../src/client/index.ts";
import { type Bench, median, timed } from "./bench.ts";
import { HostProcess } from "./host-process.ts";
import { fillLargeTree, largeTree, makeSparse } from "./large-tree.ts";

const lightGame = fileURLToPath(new URL("light-game", import.meta.url));
const name = "measured";

/** A start over an installation of the real game's size against one over an empty installation: nothing may be copied. */
export const startLargeBench: Bench = {
  title: `a start over ${largeTree.files} files with 10 GB (sparse), against one over an empty installation`,
  async run({ runs, log }) {
    const small = await hostWith(async () => {}, 29200);
    const large = await hostWith(fillLargeTree, 29201);
    log(`imported ${largeTree.files} files; ${runs} starts of each, in turn`);
    const smallMs: number[] = [];
    const largeMs: number[] = [];
    for (let run = -2; run < runs; run += 1) {
      const [a, b] = [await startAndStop(small), await startAndStop(large)];
      if (run < 0) continue; // warm-up
      smallMs.push(a);
      largeMs.push(b);
    }
    for (const host of [small, large]) await host.destroy();
    return { unit: "ms", value: median(largeMs), peer: median(smallMs), limit: { of: "ratio", most: 1.1 } };
  },
};

async function hostWith(fillTree: (tree: string) => Promise<void>, port: number): Promise<HostProcess> {
  const tree = await mkdtemp("/var/tmp/left4me-bench-tree-");
  await cp(lightGame, tree, { recursive: true });
  await fillTree(tree);
  const host = await HostProcess.start();
  const { build } = await importBuild(host.client, packTree(tree, await listTree(tree)));
  await rm(tree, { recursive: true });
  // The sparse file is made behind the host's back: as a stream its zeros would be real bytes.
  if (build !== undefined && build.files > 1n) await makeSparse(join(host.root, "layers", build.id, "left4dead2/pak01_000.vpk"));
  await host.client.instances.initializeInstance({ name, spec: { port } });
  return host;
}

async function startAndStop({ client }: HostProcess): Promise<number> {
  const took = await timed(() => client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE }));
  await client.instances.stopInstance({ name });
  return took;
}
