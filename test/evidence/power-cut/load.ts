import { setTimeout as sleep } from "node:timers/promises";
import { asHostFailure, type HostClient, importBuild, importOverlay, WaitFor } from "../../../src/client/index.ts";
import type { Random } from "../random.ts";
import { archiveOf, type Version, versions } from "./contents.ts";
import { after, missing, PossibleStates, type State, type Verb } from "./possible-states.ts";

export const overlayRef = "tested/overlay";

/** What calls have been made, and what may be the case after them. */
export class Knowledge {
  readonly instances: ReadonlyMap<string, PossibleStates<State>>;
  readonly overlay = new PossibleStates<Version>("one");
  readonly build = new PossibleStates<Version>("one");
  readonly ports: ReadonlyMap<string, number>;
  readonly calls: Record<string, number> = {};
  readonly lost: Record<string, number> = {};
  readonly refused: Record<string, number> = {};
  /** Refusals that nothing explains. */
  readonly unexpected: string[] = [];
  /** The power is being cut: every error is possible. */
  isCutting = false;
  mark = 0;

  constructor(names: readonly string[], firstPort: number) {
    this.instances = new Map(names.map((name) => [name, new PossibleStates<State>(missing)]));
    this.ports = new Map(names.map((name, index) => [name, firstPort + index]));
  }
}

/** Mutations of every kind at once, until `signal` aborts. Resolves when every call has ended. */
export async function load(client: HostClient, knowledge: Knowledge, random: Random, signal: AbortSignal): Promise<void> {
  await Promise.all([
    ...[...knowledge.instances.keys()].map((name) => loadInstance(client, knowledge, name, random, signal)),
    loadOverlay(client, knowledge, random, signal),
    loadBuilds(client, knowledge, random, signal),
  ]);
}

async function loadInstance(client: HostClient, knowledge: Knowledge, name: string, random: Random, signal: AbortSignal): Promise<void> {
  const possible = knowledge.instances.get(name) as PossibleStates<State>;
  while (!signal.aborted) {
    const exists = possible.all[0]?.exists === true;
    const verb: Verb = exists
      ? random.pick(["initialize", "initialize", "start", "start", "start", "stop", "restart", "reset", "reset", "delete"])
      : "initialize";
    knowledge.mark += 1;
    const { mark } = knowledge;
    const isOver = await call(
      knowledge,
      verb,
      possible,
      (state) => after(verb, mark, state),
      () => callInstance(client, verb, name, knowledge.ports.get(name) ?? 0, mark),
    );
    if (isOver) return;
    await sleep(random.between(0, 80));
  }
}

async function callInstance(client: HostClient, verb: Verb, name: string, port: number, mark: number): Promise<unknown> {
  const { instances } = client;
  const waitFor = WaitFor.ACTIVE;
  switch (verb) {
    case "initialize":
      return instances.initializeInstance({ name, spec: { port, overlays: [{ ref: overlayRef }], config: [`hostname "${mark}"`] } });
    case "start":
      return instances.startInstance({ name, waitFor });
    case "stop":
      return instances.stopInstance({ name });
    case "restart":
      return instances.restartInstance({ name, waitFor });
    case "reset":
      return instances.resetInstance({ name });
    case "delete":
      return instances.deleteInstance({ name });
  }
}

async function loadOverlay(client: HostClient, knowledge: Knowledge, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const version = random.pick(versions);
    const isOver = await call(
      knowledge,
      "importOverlay",
      knowledge.overlay,
      () => version,
      () => importOverlay(client, overlayRef, archiveOf("overlay", version)),
    );
    if (isOver) return;
    await sleep(random.between(0, 200));
  }
}

async function loadBuilds(client: HostClient, knowledge: Knowledge, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const version = random.pick(versions);
    const isOver = await call(
      knowledge,
      "importBuild",
      knowledge.build,
      () => version,
      () => importBuild(client, archiveOf("build", version)),
    );
    if (isOver) return;
    await sleep(random.between(0, 400));
  }
}

/** @returns whether nothing can be called any more */
async function call<S>(
  knowledge: Knowledge,
  verb: string,
  possible: PossibleStates<S>,
  change: (state: S) => S,
  make: () => Promise<unknown>,
): Promise<boolean> {
  knowledge.calls[verb] = (knowledge.calls[verb] ?? 0) + 1;
  try {
    await make();
    possible.answered(change);
    return false;
  } catch (error) {
    possible.lost(change);
    if (knowledge.isCutting) {
      knowledge.lost[verb] = (knowledge.lost[verb] ?? 0) + 1;
      return true;
    }
    const reason = asHostFailure(error)?.reason ?? "no answer";
    knowledge.refused[reason] = (knowledge.refused[reason] ?? 0) + 1;
    if (reason !== "BUSY" && reason !== "INSTANCE_NOT_FOUND") knowledge.unexpected.push(`${verb}: ${String(error)}`);
    return reason === "no answer";
  }
}
