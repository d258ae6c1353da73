import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { listTree, packTree } from "../src/cli/input/pack-directory.ts";
import { importBuild, WaitFor } from "../src/client/index.ts";
import { type Bench, median, timed } from "./bench.ts";
import { HostProcess } from "./host-process.ts";

const lightGame = fileURLToPath(new URL("light-game", import.meta.url));
const instances = 100;
const followers = 100;

/** From exec to listening, against an empty program of the same Node.js; and memory under instances and followers. */
export const daemonBench: Bench = {
  title: "the daemon: time to listening (floor: an empty Node.js program), memory with 100 instances and 100 followers",
  async run({ runs, log }) {
    const first = await HostProcess.start();
    await importBuild(first.client, packTree(lightGame, await listTree(lightGame)));
    await first.end();

    const ready: number[] = [];
    const answer: number[] = [];
    const floor: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      floor.push(await timed(async () => spawnSync(process.execPath, ["-e", "0"])));
      const daemon = await HostProcess.start(first.root);
      ready.push(daemon.readyMs);
      answer.push(daemon.answerMs);
      await daemon.end();
    }
    log(
      `listens after ${median(ready).toFixed(0)} ms, answers after ${median(answer).toFixed(0)} ms; an empty program takes ${median(floor).toFixed(0)} ms`,
    );

    const daemon = await HostProcess.start(first.root);
    const resident = await residentUnderLoad(daemon, log);
    await daemon.destroy();
    return {
      unit: "ms",
      value: median(ready),
      floor: median(floor),
      limit: { of: "value", most: 100 },
      further: {
        firstAnswer: { value: Math.round(median(answer)), unit: "ms" },
        resident: { value: Math.round(resident), unit: "MB", most: 90 },
      },
    };
  },
};

async function residentUnderLoad(daemon: HostProcess, log: (text: string) => void): Promise<number> {
  const { client } = daemon;
  const names = Array.from({ length: instances }, (_, index) => `i${index}`);
  for (const [index, name] of names.entries()) await client.instances.initializeInstance({ name, spec: { port: 29000 + index } });
  const took = await timed(() => Promise.all(names.map((name) => client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE }))));
  log(`${instances} instances started at once in ${(took / 1000).toFixed(1)} s`);
  const end = new AbortController();
  const following = Array.from({ length: followers }, async (_, index) => {
    const name = names[index % names.length] ?? "i0";
    for await (const _message of client.logs.streamLogs({ name, follow: true }, { signal: end.signal })) if (end.signal.aborted) return;
  });
  await sleep(5000);
  const resident = daemon.residentMb();
  log(`${resident.toFixed(0)} MB resident with ${instances} instances and ${followers} followers`);
  end.abort();
  await Promise.allSettled(following);
  return resident;
}
