import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where journald keeps the namespace's journal (systemd-journald.service(8)). */
export type NamespaceDirectory = { readonly machineId: string; readonly path: string };

/** The directory on this machine, whether or not it is there. @throws the error of the file system without a machine id */
export function namespaceDirectory(): NamespaceDirectory {
  const machineId = readFileSync("/etc/machine-id", "utf8").trim();
  return { machineId, path: join("/var/log/journal", `${machineId}.left4me`) };
}
