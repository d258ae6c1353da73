import type { JsonValue } from "@bufbuild/protobuf";
import { instanceSpecFromProto } from "../../convert/instance-spec.ts";
import { specFileValue, specFileYaml } from "../../domain/spec-file-text.ts";
import { printJson } from "../output/json-output.ts";
import type { Terminal } from "../output/terminal.ts";
import type { GlobalOptions } from "../session.ts";
import { withHost } from "../with-host.ts";

/** Prints an instance's specification and labels as a file that `initialize -f` takes; with `json` the same file as JSON. */
export function specCommand(terminal: Terminal, name: string, options: GlobalOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async ({ client, read }) => {
      const { instance } = await client.instances.getInstance({ name }, read);
      if (instance?.spec === undefined) throw new TypeError("the host answered without a specification");
      const file = specFileValue(instanceSpecFromProto(instance.spec), instance.labels);
      if (options.json === true) printJson(terminal, file as JsonValue);
      else terminal.out(specFileYaml(file));
      return 0;
    },
    { wait: { what: `the specification of ${name}` } },
  );
}
