import type { MessageInitShape } from "@bufbuild/protobuf";
import { allPages, type Instance, type InstanceFilterSchema, InstanceState } from "../client/index.ts";
import { formatBytes } from "../domain/format-bytes.ts";
import { ageOf, remarksOn, stateOf } from "./output/contract-words.ts";
import { type Cell, formatTable } from "./output/table.ts";
import { isColoured, type Terminal } from "./output/terminal.ts";
import type { Session } from "./session.ts";
import { wholeList } from "./whole-list.ts";

/** Every instance that meets the filter, all pages. */
export async function listInstances(
  { client, read }: Pick<Session, "client" | "read">,
  filter: MessageInitShape<typeof InstanceFilterSchema>,
): Promise<Instance[]> {
  return wholeList(allPages(client.instances.listInstances, { filter }, read), (page) => page.instances);
}

/** The table of instances. */
export function instanceTable(terminal: Terminal, instances: readonly Instance[]): string {
  const rows = instances.map((instance): Cell[] => [
    instance.name,
    stateCell(terminal, instance),
    instance.spec === undefined ? "" : String(instance.spec.port),
    ageOf(instance.status?.stateChangeTime),
    formatBytes(instance.status?.usage?.memoryBytes),
    remarksOn(instance).join("; "),
  ]);
  return formatTable(["NAME", "STATE", "PORT", "SINCE", "MEMORY", "REMARKS"], rows);
}

/** The state, coloured where that is welcome: green runs, red failed, yellow is on its way. */
export function stateCell(terminal: Terminal, instance: Instance, text = stateOf(instance)): Cell {
  const colour = colours[instance.status?.state ?? 0];
  return colour === undefined || !isColoured(terminal) ? text : { text, paint: (plain) => `\x1b[${colour}m${plain}\x1b[0m` };
}

const colours: Readonly<Record<number, number>> = {
  [InstanceState.RUNNING]: 32,
  [InstanceState.STARTING]: 33,
  [InstanceState.STOPPING]: 33,
  [InstanceState.FAILED]: 31,
};
