import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { listTree, packTree } from "../../src/cli/input/pack-directory.ts";
import { type HostClient, importBuild, importOverlay, WaitFor } from "../../src/client/index.ts";
import { type Game, type GameSide, gamesOf } from "./game-side.ts";
import { lightGame, overlayRefs, writeOverlay } from "./light-tree.ts";
import { operatorClient } from "./operator-client.ts";

/** Ours: the daemon of the package through its RPCs, by one kept connection. */
export type Left4meSide = GameSide & { readonly client: HostClient };

/** Imports the light game and its overlays, and initializes the instances. */
export async function left4meSide(count: number): Promise<Left4meSide> {
  const client = operatorClient();
  const games = gamesOf("ours", count, 27000);
  await importBuild(client, packTree(lightGame, await listTree(lightGame)));
  const trees = mkdtempSync("/tmp/overlays-");
  for (const ref of overlayRefs) {
    const tree = join(trees, ref);
    writeOverlay(tree, ref);
    await importOverlay(client, ref, packTree(tree, await listTree(tree)));
  }
  const overlays = overlayRefs.map((ref) => ({ ref }));
  for (const { name, port } of games) await client.instances.initializeInstance({ name, spec: { port, overlays } });
  const start = async ({ name }: Game) => void (await client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE }));
  return {
    client,
    games,
    prepare: async () => {},
    start,
    startAll: async () => void (await Promise.all(games.map(start))),
    stopAll: async () => void (await Promise.all(games.map(({ name }) => client.instances.stopInstance({ name })))),
    reset: async ({ name }) => void (await client.instances.resetInstance({ name })),
  };
}
