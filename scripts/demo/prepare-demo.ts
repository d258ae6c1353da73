import { createSocket } from "node:dgram";
import { listTree, packTree } from "../../src/cli/input/pack-directory.ts";
import { asHostFailure, createHostClient, type HostClient, InstanceState, importBuild } from "../../src/client/index.ts";
import { withStandinTree } from "./standin-tree.ts";

const demoPort = 27015;

/** What a newcomer is told of the demo instance; undefined when the host has other instances only. */
export type Demo = { readonly port: number; readonly isRunning: boolean } | undefined;

/**
 * Gives a host that has no build the stand-in game, and one that has no instance a running instance `demo`.
 *
 * @param port of the demo; else the game's usual one when nobody has it, or any that is free
 */
export async function prepareDemo(address: string, port?: number): Promise<Demo> {
  const client = createHostClient({ address });
  try {
    const { builds } = await client.installation.listBuilds({});
    if (builds.length === 0) await withStandinTree(async (tree) => importBuild(client, packTree(tree, await listTree(tree))));
    const { instances } = await client.instances.listInstances({ pageSize: 1 });
    if (instances.length === 0) await startDemo(client, port ?? (await freePort()));
    return await findDemo(client);
  } finally {
    client.close();
  }
}

async function startDemo({ instances }: HostClient, port: number): Promise<void> {
  const config = [`hostname "left4me demo"`, "sim_log_rate 0.2 # the stand-in game prints a line every five seconds"];
  const spec = { port, arguments: ["+map", "c1m1_hotel"], config, labels: { "made-by": "npm-start" } };
  await instances.initializeInstance({ name: "demo", spec });
  await instances.startInstance({ name: "demo" });
}

async function findDemo({ instances }: HostClient): Promise<Demo> {
  try {
    const { instance } = await instances.getInstance({ name: "demo" });
    return { port: instance?.spec?.port ?? 0, isRunning: instance?.status?.state === InstanceState.RUNNING };
  } catch (error) {
    if (asHostFailure(error)?.reason === "INSTANCE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** The game's usual port, or any other when somebody has it. */
async function freePort(): Promise<number> {
  return (await isFree(demoPort)) ? demoPort : bindAny(0);
}

async function isFree(port: number): Promise<boolean> {
  return bindAny(port).then(
    () => true,
    () => false,
  );
}

function bindAny(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4").once("error", reject);
    socket.bind(port, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}
