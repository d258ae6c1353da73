import { InstanceSchema } from "../../client/index.ts";
import { parseLabels } from "../input/labels.ts";
import { instanceTable, listInstances } from "../list-instances.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import type { Terminal } from "../output/terminal.ts";
import { noneWith } from "../select-instances.ts";
import type { GlobalOptions } from "../session.ts";
import { withHost } from "../with-host.ts";

export type ListOptions = GlobalOptions & { readonly label?: readonly string[]; readonly json?: boolean };

/** Prints the instances, with labels those that have them; with `json` an array of the contract's Instance. */
export function listCommand(terminal: Terminal, options: ListOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async (session) => {
      const labels = parseLabels(options.label ?? []);
      const instances = await listInstances(session, { labels });
      if (options.json === true)
        printJson(
          terminal,
          instances.map((instance) => messageJson(InstanceSchema, instance)),
        );
      else if (instances.length > 0) terminal.out(instanceTable(terminal, instances));
      else if (Object.keys(labels).length > 0) terminal.err(`${noneWith(labels)}\n`);
      else terminal.err(`no instances; create one: ${session.next("initialize NAME -f spec.yaml")}\n`);
      return 0;
    },
    { wait: { what: "the list of instances" } },
  );
}
