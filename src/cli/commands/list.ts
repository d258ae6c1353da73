import { InstanceSchema } from "../../client/index.ts";
import { parseLabels } from "../input/labels.ts";
import { instanceTable, listInstances } from "../list-instances.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import type { Terminal } from "../output/terminal.ts";
import type { GlobalOptions } from "../session.ts";
import { withHost } from "../with-host.ts";

export type ListOptions = GlobalOptions & { readonly label?: readonly string[]; readonly json?: boolean };

/** Prints the instances, with names only those; with `json` an array of the contract's Instance. */
export function listCommand(terminal: Terminal, options: ListOptions, names: readonly string[] = []): Promise<number> {
  return withHost(
    terminal,
    options,
    async (session) => {
      const instances = await listInstances(session, { names: [...names], labels: parseLabels(options.label ?? []) });
      if (options.json === true)
        printJson(
          terminal,
          instances.map((instance) => messageJson(InstanceSchema, instance)),
        );
      else if (instances.length > 0) terminal.out(instanceTable(terminal, instances));
      else terminal.err(`no instances; create one: ${session.next("initialize NAME -f spec.yaml")}\n`);
      return 0;
    },
    { wait: { what: "the list of instances" } },
  );
}
