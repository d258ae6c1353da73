import { type Finding, failing, fine, warning } from "../../domain/finding.ts";
import type { InstanceEntry } from "../instances/instance-entry.ts";
import { holderOf, udpSocketInodes } from "../instances/udp-port.ts";
import type { Check } from "./check.ts";

/** What of an instance decides whether its port is free for it. */
export type PortUser = Pick<InstanceEntry, "record" | "mounted">;

/** Whether instances have ports of their own, and no other program has taken one. */
export function ports(entries: readonly PortUser[]): Check {
  return {
    name: "ports",
    async run() {
      const byPort = Map.groupBy(entries, ({ record }) => record.spec.port);
      const shared = [...byPort].flatMap(([port, users]) => (users.length < 2 ? [] : [sharedPort(port, users)]));
      const held = new Set(entries.flatMap(({ mounted }) => (mounted === undefined ? [] : [mounted.port])));
      const open = entries.filter(({ mounted, record }) => mounted === undefined && !held.has(record.spec.port));
      const taken = (await Promise.all(open.map(takenPort))).flat();
      const found = [...shared, ...taken];
      return found.length > 0 ? found : [fine("ports", `${entries.length} instances have ports of their own, which are free for them`)];
    },
  };
}

function sharedPort(port: number, users: readonly PortUser[]): Finding {
  const names = users.map(({ record }) => record.name).join(", ");
  const last = users.at(-1)?.record.name ?? "NAME";
  return warning(
    "port-shared",
    `${names} have the same port, ${port}: only one of them can run`,
    `give one another port: l4d2ctl initialize ${last} -f SPEC.yaml`,
  );
}

async function takenPort({ record: { name, spec, desiredState } }: PortUser): Promise<Finding[]> {
  const inodes = await udpSocketInodes(spec.port);
  if (inodes.size === 0) return [];
  const holder = await holderOf(inodes);
  const message = `port ${spec.port} of ${name}, which does not run, is held by ${holder ?? "a process that cannot be seen from here"}`;
  const cure = `see who has it: sudo ss -lunp 'sport = :${spec.port}'; end that program, or choose another port: l4d2ctl initialize ${name} -f SPEC.yaml`;
  return [desiredState === "RUNNING" ? failing("port-taken", message, cure) : warning("port-taken", message, cure)];
}
