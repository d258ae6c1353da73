import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, failing, fine } from "../../../domain/finding.ts";
import type { Check } from "../../../host/diagnosis/check.ts";

/** What the sandbox of a game is made of (PrivateUsers=, PrivatePIDs=, PrivateIPC=, RootDirectory=): `user.max_*_namespaces`. */
const kinds = ["user", "pid", "ipc", "mnt"] as const;
/** As many as a host needs; the kernel itself sets some per 32 KiB of memory. */
const enough = 10_000;

/**
 * Whether the kernel lets PID 1 make the namespaces of a game, see namespaces(7). Limits of unprivileged users
 * (`kernel.unprivileged_userns_clone`) do not concern it.
 *
 * @param system the root of the file system; tests have one of their own
 */
export function namespaces(system = "/"): Check {
  return {
    name: "namespaces",
    async run() {
      const findings = (await Promise.all(kinds.map((kind) => lookAt(system, kind)))).flat();
      return findings.length > 0 ? findings : [fine("namespaces", `the kernel gives games namespaces of their own (${kinds.join(", ")})`)];
    },
  };
}

async function lookAt(system: string, kind: (typeof kinds)[number]): Promise<Finding[]> {
  const limit = `user.max_${kind}_namespaces`;
  const path = `/proc/sys/${limit.replace(".", "/")}`;
  const text = await readFile(join(system, path), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined)
    return [
      failing("namespaces", `this kernel has no ${kind} namespaces (${path} is missing): no game can start`, "boot a kernel of Debian's"),
    ];
  if (Number(text) > 0) return [];
  const cure = `sudo sysctl -w ${limit}=${enough}; and see who forbids it at boot: grep -rs ${limit} /etc/sysctl.conf /etc/sysctl.d /usr/lib/sysctl.d`;
  return [failing("namespaces", `${limit} is ${text.trim()}: no game can start`, cure)];
}
