import { durationMs } from "@bufbuild/protobuf/wkt";
import { DesiredState, type Instance, InstanceSchema, InstanceState } from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { eachName } from "../each-name.ts";
import { UsageError } from "../failures/usage-error.ts";
import { parseLabels } from "../input/labels.ts";
import { instanceTable } from "../list-instances.ts";
import { ageOf, exitOf, printWarnings, remarksOn, stateOf, wordOf } from "../output/contract-words.ts";
import { messageJson } from "../output/json-output.ts";
import { formatPairs } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { selectInstances } from "../select-instances.ts";
import type { GlobalOptions, Session } from "../session.ts";
import { withHost } from "../with-host.ts";
import { listCommand } from "./list.ts";

export type StatusOptions = GlobalOptions & {
  readonly json?: boolean;
  readonly label?: readonly string[];
  readonly watch?: boolean;
  readonly interval?: string;
};

/**
 * Prints one instance in full, several as a table, and without names all of them; with labels those that have them.
 *
 * @throws UsageError for an interval: it is of `--watch`, which is a command of its own
 */
export async function statusCommand(terminal: Terminal, names: readonly string[], options: StatusOptions): Promise<number> {
  if (options.interval !== undefined) throw new UsageError("--interval needs --watch");
  if (names.length === 0) return await listCommand(terminal, options);
  const labels = parseLabels(options.label ?? []);
  const isLabelled = options.label !== undefined;
  const wait = (name: string) => ({ what: `the state of ${name}` });
  const use = async (session: Session) => {
    const lookUp = isLabelled ? await lookUpLabelled(session, names, labels) : lookUpOne(session);
    const instances: Instance[] = [];
    const exitCode = await eachName(
      session,
      names,
      async (name) => {
        const instance = await lookUp(name);
        instances.push(instance);
        return messageJson(InstanceSchema, instance);
      },
      { json: options.json, isJoint: isLabelled, wait },
    );
    if (options.json !== true) printInstances(terminal, names, instances, isLabelled);
    return exitCode;
  };
  return await withHost(terminal, options, use, { wait: wait(names.join(", ")) });
}

type LookUp = (name: string) => Promise<Instance>;

function lookUpOne({ client, read }: Session): LookUp {
  return async (name) => {
    const { instance } = await client.instances.getInstance({ name }, read);
    if (instance === undefined) throw new TypeError("the host answered without an instance");
    return instance;
  };
}

/** Those among the names that have the labels are asked for at once. */
async function lookUpLabelled(session: Session, names: readonly string[], labels: Readonly<Record<string, string>>): Promise<LookUp> {
  const { instances, failures } = await selectInstances(session, names, labels);
  const refused = new Map(failures);
  return async (name) => {
    const instance = instances.find((candidate) => candidate.name === name);
    if (instance === undefined) throw refused.get(name);
    return instance;
  };
}

function printInstances(terminal: Terminal, names: readonly string[], instances: readonly Instance[], isTable: boolean): void {
  const [first] = instances;
  if (first === undefined) return;
  const sorted = instances.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  terminal.out(!isTable && new Set(names).size === 1 ? instanceText(first) : instanceTable(terminal, sorted));
  for (const { name, status } of sorted) printWarnings(terminal, name, status?.warnings ?? []);
}

function instanceText(instance: Instance): string {
  const { name, status, spec, labels } = instance;
  const state = `${stateOf(instance)} for ${ageOf(status?.stateChangeTime) || "an unknown time"}`;
  const remarks = remarksOn(instance).join("\n");
  const failedLines = status?.state === InstanceState.FAILED ? (status.lastExit?.lastLines ?? []) : [];
  return formatPairs([
    ["name", name],
    ["state", state],
    ["remarks", remarks],
    ["desired", wordOf(DesiredState, instance.desiredState)],
    ["port", spec === undefined ? "" : String(spec.port)],
    ["overlays", (spec?.overlays ?? []).map(({ ref, alias }) => (alias === "" ? ref : `${ref} (as ${alias})`)).join("\n")],
    [
      "labels",
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join("\n"),
    ],
    ["unit", status === undefined ? "" : `${status.activeState}/${status.subState}, ${status.result}`],
    ["pid", status?.mainPid ? String(status.mainPid) : ""],
    ["invocation", status?.invocationId ?? ""],
    ["usage", usageOf(instance)],
    ["build", pinned(status?.buildId, status?.nextBuildId)],
    ["generation", pinned(status?.generation, status?.nextGeneration)],
    ["last exit", lastExitOf(instance)],
    ["last lines", failedLines.join("\n")],
    ["created", instance.createTime === undefined ? "" : `${ageOf(instance.createTime)} ago, changed ${ageOf(instance.updateTime)} ago`],
    ["etag", instance.etag],
  ]);
}

function usageOf({ status }: Instance): string {
  const usage = status?.usage;
  if (usage === undefined) return "";
  const cpu = usage.cpuTime === undefined ? [] : [`${(durationMs(usage.cpuTime) / 1000).toFixed(1)} s of CPU`];
  const tasks = usage.tasks === undefined ? [] : [`${usage.tasks} tasks`];
  const memory = usage.memoryBytes === undefined ? [] : [formatBytes(usage.memoryBytes)];
  const received = usage.receiveBytes === undefined ? [] : [`${formatBytes(usage.receiveBytes)} received`];
  const sent = usage.transmitBytes === undefined ? [] : [`${formatBytes(usage.transmitBytes)} sent`];
  return [...memory, ...cpu, ...tasks, ...received, ...sent].join(", ");
}

/** What runs, and what the next start would use where that differs. */
function pinned(now: string | bigint | undefined, next: string | bigint | undefined): string {
  const [current, following] = [now, next].map((value) => (value === undefined || value === 0n ? "" : String(value)));
  if (current === "" || current === undefined) return following === "" ? "" : `${following} at the next start`;
  return following === "" || following === current ? current : `${current}, ${following} at the next start`;
}

function lastExitOf({ status }: Instance): string {
  const exit = status?.lastExit;
  return exit === undefined ? "" : `${exitOf(exit)}, ${ageOf(exit.exitTime)} ago`;
}
