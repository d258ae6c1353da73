import { InstanceState, type InstanceStatus, Readiness } from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { stateCell } from "../list-instances.ts";
import { activityOn, ageOf, driftOf, wordOf } from "../output/contract-words.ts";
import { type Cell, formatTable } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import type { WatchedInstance } from "./watched-instances.ts";

const heading = ["NAME", "STATE", "READY", "CPU", "MEMORY", "TASKS", "RESTARTS", "DRIFT", "PORT", "SINCE", "REMARKS"];
/** Nobody is woken at night for these; a remark may be the reason. */
const dispensable = ["TASKS", "PORT", "RESTARTS"];

/**
 * The table of a watch. `?` is what the host does not know, `-` what does not arise because nothing runs.
 *
 * @param options.absent names without an instance: rows with the state `absent`
 * @param options.columns the width of the terminal; the least columns are left out, then longer rows are cut
 */
export function watchTable(
  terminal: Terminal,
  watched: readonly WatchedInstance[],
  { absent, columns }: { readonly absent: readonly string[]; readonly columns?: number },
): string {
  const rows: Cell[][] = [...watched.map((one) => rowOf(terminal, one)), ...absent.map((name) => [name, "absent"])];
  return formatTable(heading, rows.sort(byName), { width: columns, dispensable });
}

function byName([a]: readonly Cell[], [b]: readonly Cell[]): number {
  return String(a) < String(b) ? -1 : 1;
}

function rowOf(terminal: Terminal, { instance, cpuPercent }: WatchedInstance): Cell[] {
  const { name, spec, status } = instance;
  return [
    name,
    stateCell(terminal, instance, wordOf(InstanceState, status?.state ?? 0) || "?"),
    readyWords[status?.readiness ?? 0] ?? "?",
    ...usageOf(status, cpuPercent),
    status === undefined ? "?" : String(status.restarts),
    driftOf(status),
    spec === undefined ? "?" : String(spec.port),
    ageOf(status?.stateChangeTime),
    activityOn(instance).join("; "),
  ];
}

const readyWords: Readonly<Record<number, string>> = {
  [Readiness.READY]: "yes",
  [Readiness.NOT_READY]: "no",
  [Readiness.NOT_APPLICABLE]: "-",
};

/** CPU in percent of one core, memory, and tasks. */
export function usageOf(status: InstanceStatus | undefined, cpuPercent: number | undefined): [cpu: string, memory: string, tasks: string] {
  if (status?.state === InstanceState.STOPPED || status?.state === InstanceState.FAILED) return ["-", "-", "-"];
  const { memoryBytes, tasks } = status?.usage ?? {};
  const cpu = cpuPercent === undefined ? "?" : `${cpuPercent < 10 ? cpuPercent.toFixed(1) : Math.round(cpuPercent)} %`;
  return [cpu, formatBytes(memoryBytes) || "?", tasks === undefined ? "?" : String(tasks)];
}
