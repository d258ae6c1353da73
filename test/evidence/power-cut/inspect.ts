import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readlink } from "node:fs/promises";
import { join } from "node:path";
import { DesiredState, type Instance, InstanceState } from "../../../src/client/index.ts";
import type { BootingHost } from "../../hosts/booting-host.ts";
import { fileOf, filesOf, textOf, type Version, versions } from "./contents.ts";
import { type Knowledge, overlayRef } from "./load.ts";
import { missing, type State } from "./possible-states.ts";

/**
 * Compares a host at rest with what its callers may expect: each thing is as it was before a lost call, or as it is after
 * it. What is found is what is known from now on.
 */
export async function compare(host: BootingHost, knowledge: Knowledge): Promise<string[]> {
  const { instances } = await host.client.instances.listInstances({});
  const problems: string[] = [];
  for (const [name, possible] of knowledge.instances) {
    const found = stateOf(instances.find((instance) => instance.name === name));
    const isClean = !existsSync(host.path("runtime", name));
    const fits = possible.all.filter((state) => sameState(state, found) && (isClean || !state.clean));
    if (fits.length === 0)
      problems.push(`${name} is ${JSON.stringify({ ...found, clean: isClean })}; possible: ${JSON.stringify(possible.all)}`);
    possible.found({ ...found, clean: isClean });
  }
  for (const { name } of instances) if (!knowledge.instances.has(name)) problems.push(`${name} was never made`);
  problems.push(...(await compareOverlay(host, knowledge)), ...(await compareBuilds(host, knowledge)));
  return problems;
}

function stateOf(instance: Instance | undefined): State {
  if (instance === undefined) return missing;
  const mark = Number(/"(\d+)"/.exec(instance.spec?.config[0] ?? "")?.[1]);
  return { exists: true, mark, wish: instance.desiredState === DesiredState.RUNNING ? "RUNNING" : "STOPPED", clean: false };
}

function sameState(a: State, b: State): boolean {
  return a.exists === b.exists && a.mark === b.mark && a.wish === b.wish;
}

async function compareOverlay(host: BootingHost, { overlay }: Knowledge): Promise<string[]> {
  const place = host.path("overlays", overlayRef);
  const { version, problems } = versionOf("overlay", host.path("overlay-versions", (await readlink(place)).split("/").at(-1) ?? ""));
  if (version !== undefined && !overlay.all.includes(version))
    problems.push(`the overlay is ${version}; possible: ${overlay.all.join(", ")}`);
  if (version !== undefined) overlay.found(version);
  for (const name of readdirSync(host.path("overlay-versions")))
    if (!name.endsWith(".json")) problems.push(...versionOf("overlay", host.path("overlay-versions", name)).problems);
  return problems;
}

async function compareBuilds(host: BootingHost, { build }: Knowledge): Promise<string[]> {
  const { builds } = await host.client.installation.listBuilds({});
  const problems: string[] = [];
  for (const { id, active } of builds) {
    const found = versionOf("build", host.path("layers", id));
    problems.push(...found.problems);
    if (!active || found.version === undefined) continue;
    if (!build.all.includes(found.version)) problems.push(`build ${found.version} is active; possible: ${build.all.join(", ")}`);
    build.found(found.version);
  }
  return problems;
}

/** Which version a tree is, as its first file says; every file must be there, whole, and of that version. */
function versionOf(kind: keyof typeof filesOf, tree: string): { version: Version | undefined; problems: string[] } {
  const wrong = (why: string) => ({ version: undefined, problems: [`${kind} ${tree.split("/").at(-1)}: ${why}`] });
  try {
    const first = readFileSync(join(tree, fileOf(kind, 0)), "utf8");
    const version = versions.find((one) => first === textOf(kind, one, 0));
    if (version === undefined) return wrong(`its first file is no version's: ${first.length} bytes`);
    for (let index = 1; index < filesOf[kind]; index += 1)
      if (readFileSync(join(tree, fileOf(kind, index)), "utf8") !== textOf(kind, version, index))
        return wrong(`file ${index} is not of ${version}`);
    return { version, problems: [] };
  } catch (error) {
    return wrong(String(error));
  }
}

/** What is wished to run runs, and nothing else. */
export async function inspectUnits(host: BootingHost): Promise<string[]> {
  const { instances } = await host.client.instances.listInstances({});
  return instances.flatMap(({ name, desiredState, status }) => {
    const wanted = desiredState === DesiredState.RUNNING ? InstanceState.RUNNING : InstanceState.STOPPED;
    const { activeState, subState, result } = status ?? {};
    return status?.state === wanted
      ? []
      : [`${name}: the wish is ${desiredState}, the state ${status?.state} (${activeState}, ${subState}, ${result})`];
  });
}

/** What is half-made, or belongs to nobody, below the root of a host at rest. */
export async function inspectFiles(host: BootingHost): Promise<string[]> {
  await host.sh("systemctl start left4me-trash.service"); // by itself, a second after the last reset
  const { instances } = await host.client.instances.listInstances({});
  const names = new Set(instances.map(({ name }) => name));
  const problems: string[] = [];
  const expect = (directory: string, allowed: (entry: string) => boolean) => {
    for (const entry of list(host, directory)) if (!allowed(entry)) problems.push(`${directory} holds ${entry}`);
  };
  const isNumber = (entry: string) => /^\d+$/.test(entry);
  expect("instances", (entry) => names.has(entry));
  for (const name of list(host, "instances")) {
    expect(`instances/${name}`, (entry) =>
      /^(record\.json|run\.json|journal-events|current|gen|mount|(exit|ready)\.[0-9a-f-]{36}(\.json)?)$/.test(entry),
    );
    expect(`instances/${name}/gen`, isNumber);
    expect(`instances/${name}/mount`, isNumber);
  }
  expect("runtime", (entry) => names.has(entry) || [".archives", ".fresh", ".order", ".trash", ".stage"].includes(entry));
  expect("runtime/.stage", (entry) => entry === "merged");
  for (const directory of [".fresh", ".trash"]) expect(`runtime/${directory}`, () => false);
  expect("runtime/.archives", (entry) => names.has(entry));
  expect("tmp", (entry) => entry.startsWith("journal-")); // of the daemon that runs
  const needed = layersNeeded(host);
  expect("builds", (entry) => entry === "active" || /^b[0-9a-f]{15}\.json$/.test(entry));
  expect("layers", (entry) => needed.has(entry));
  expect("overlay-versions", (entry) => /^sha256-[0-9a-f]{64}(\.json)?$/.test(entry));
  expect("overlays", (entry) => entry === "tested");
  expect("overlays/tested", (entry) => entry === "overlay");
  const mounts = readFileSync(host.path("/proc/1/mountinfo"), "utf8").matchAll(/ \/var\/lib\/left4me\/runtime\/([^/ ]+)\/merged /g);
  const running = new Set(instances.filter(({ status }) => status?.state === InstanceState.RUNNING).map(({ name }) => name));
  for (const [, name = ""] of mounts) if (!running.delete(name)) problems.push(`${name} is mounted and does not run, or twice`);
  for (const name of running) problems.push(`${name} runs and is not mounted`);
  return problems;
}

/** The layers of builds, and those that a game runs on or would at boot: a generation names them. */
function layersNeeded(host: BootingHost): ReadonlySet<string> {
  const manifests = list(host, "builds").filter((entry) => entry.endsWith(".json"));
  const ofBuilds = manifests.flatMap(
    (entry) => (JSON.parse(readFileSync(host.path("builds", entry), "utf8")) as { layers: string[] }).layers,
  );
  const ofGames = list(host, "instances").flatMap((name) =>
    list(host, `instances/${name}/gen`).flatMap((number) =>
      readFileSync(host.path("instances", name, "gen", number, "layers"), "utf8").split("\n"),
    ),
  );
  return new Set([...ofBuilds, ...ofGames.map((path) => path.replace(/^layers\//, ""))]);
}

function list(host: BootingHost, directory: string): string[] {
  const path = host.path(directory);
  return existsSync(path) ? readdirSync(path) : [];
}
