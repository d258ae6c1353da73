import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DesiredState, type HostClient, InstanceState } from "../../../src/client/index.ts";
import { gameProcesses } from "../game-processes.ts";

/** What is wrong below a root at rest; empty when all is well. */
export async function inspect(client: HostClient, root: string): Promise<string[]> {
  const { instances } = await client.instances.listInstances({});
  const names = new Set(instances.map(({ name }) => name));
  const problems: string[] = [];
  for (const { name, status, desiredState } of instances) {
    const state = status?.state ?? InstanceState.UNSPECIFIED;
    if (state !== InstanceState.RUNNING && state !== InstanceState.STOPPED)
      problems.push(`${name} is in state ${state} (${status?.activeState}, ${status?.result})`);
    const isRunning = state === InstanceState.RUNNING;
    if ((desiredState === DesiredState.RUNNING) !== isRunning) problems.push(`${name}: the wish is ${desiredState}, the state ${state}`);
    if (status?.pendingRestart === true && status.generation > status.nextGeneration)
      problems.push(`${name}: a generation from the future`);
    if (status?.operation !== undefined) problems.push(`${name} is held by ${status.operation.verb}`);
  }
  const running = new Set(instances.flatMap(({ name, status }) => (status?.state === InstanceState.RUNNING ? [name] : [])));
  problems.push(...(await unownedProcesses(root, running)));
  for (const directory of ["instances", "runtime", "embedded"]) {
    for (const name of await readdir(join(root, directory)).catch(() => [])) {
      if (!names.has(name) && !name.startsWith(".")) problems.push(`${directory}/${name} belongs to no instance`);
    }
  }
  for (const name of names) {
    for (const entry of await readdir(join(root, "instances", name, "gen")))
      if (!/^\d+$/.test(entry)) problems.push(`${name}: half-made generation ${entry}`);
    const record = await readFile(join(root, "instances", name, "record.json"), "utf8");
    const { intent } = JSON.parse(record) as { intent?: string };
    if (intent !== undefined) problems.push(`${name}: the intent ${intent} is left`);
  }
  const left = await readdir(join(root, "tmp")).catch(() => []);
  if (left.length > 0) problems.push(`tmp/ holds ${left.join(", ")}`);
  return problems;
}

/** Games of this root that run although no running instance owns them. */
async function unownedProcesses(root: string, running: ReadonlySet<string>): Promise<string[]> {
  const games = await gameProcesses(root);
  return [...games].flatMap(([name, pids]) =>
    running.has(name) ? [] : pids.map((pid) => `process ${pid} runs for ${name}, which does not run`),
  );
}
