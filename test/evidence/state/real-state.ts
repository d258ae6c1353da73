import { readFile } from "node:fs/promises";
import type { EmbeddedHost, EvidenceHost, SystemdHost } from "../evidence-host.ts";
import { gameProcesses } from "../game-processes.ts";

/** What runs of one instance, by the word of whoever runs it, not of the daemon. */
export type RealState = {
  /** ActiveState in the words of systemd; undefined when only processes can be looked at, and none runs. */
  readonly activeState: string | undefined;
  /** 0 when nothing runs. */
  readonly mainPid: number;
  /** "" when it is not known any more. */
  readonly invocationId: string;
  /** Something is on its way: this state will not last. */
  readonly isMoving: boolean;
};

/** What really runs, by the instances' names. */
export type RealStates = ReadonlyMap<string, RealState>;

/** Asks systemd (`systemctl show`), or looks at the processes of this machine. */
export function realStates(host: EvidenceHost, names: readonly string[]): Promise<RealStates> {
  return host.driver === "systemd" ? shownBySystemd(host, names) : seenInProc(host, names);
}

const properties = ["Id", "ActiveState", "SubState", "MainPID", "InvocationID", "Job"];

async function shownBySystemd(host: SystemdHost, names: readonly string[]): Promise<RealStates> {
  const units = names.flatMap((name) => [`left4me-server@${name}.service`, `left4me-overlay@${name}.service`]);
  const text = await host.sh(`systemctl show ${properties.map((name) => `-p ${name}`).join(" ")} ${units.join(" ")}`);
  return parseShown(text);
}

/** Reads the blocks that `systemctl show` prints for servers and overlays. */
export function parseShown(text: string): RealStates {
  const blocks = text.trim().split(/\n\n+/).map(parseBlock);
  const moving = new Set(blocks.filter(isMoving).map(({ Id = "" }) => instanceOf(Id)));
  const states = new Map<string, RealState>();
  for (const { Id = "", ActiveState, MainPID, InvocationID = "" } of blocks) {
    if (!Id.startsWith("left4me-server@")) continue;
    const name = instanceOf(Id);
    states.set(name, { activeState: ActiveState, mainPid: Number(MainPID), invocationId: InvocationID, isMoving: moving.has(name) });
  }
  return states;
}

function parseBlock(block: string): Readonly<Record<string, string>> {
  return Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

/** A unit that waits for its automatic restart may do so for half a minute: it counts as one that rests. */
function isMoving({ ActiveState = "", SubState, Job = "0" }: Readonly<Record<string, string>>): boolean {
  if (ActiveState === "activating" && SubState === "auto-restart") return false;
  return (Job !== "0" && Job !== "") || !["active", "inactive", "failed"].includes(ActiveState);
}

function instanceOf(unit: string): string {
  return unit.slice(unit.indexOf("@") + 1, -".service".length);
}

async function seenInProc({ root }: EmbeddedHost, names: readonly string[]): Promise<RealStates> {
  const games = await gameProcesses(root);
  const states = names.map(async (name): Promise<[string, RealState]> => {
    const pids = games.get(name) ?? [];
    const found = (await Promise.all(pids.map(mainProcess))).find((process) => process !== undefined);
    if (found !== undefined) return [name, { activeState: "active", ...found, isMoving: false }];
    return [name, { activeState: undefined, mainPid: 0, invocationId: "", isMoving: pids.length > 0 }];
  });
  return new Map(await Promise.all(states));
}

/** The game itself is the child of process 1 of its namespace; undefined for every other process. */
async function mainProcess(pid: number): Promise<Pick<RealState, "mainPid" | "invocationId"> | undefined> {
  try {
    const parent = /^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
    const isChildOfInit = /^NSpid:.*\s1$/m.test(await readFile(`/proc/${parent}/status`, "utf8"));
    if (parent === "1" || !isChildOfInit) return undefined;
    const environment = await readFile(`/proc/${pid}/environ`, "utf8");
    return { mainPid: pid, invocationId: /(?:^|\0)INVOCATION_ID=([0-9a-f]{32})(?:\0|$)/.exec(environment)?.[1] ?? "" };
  } catch {
    return undefined; // it has ended meanwhile
  }
}
