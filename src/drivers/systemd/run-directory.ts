import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What root's helper tells the daemon, below /run/left4me; see systemd/README.md for the format. */
export const runDirectory = "/run/left4me";

/** The verbs of left4me-overlay that can fail. */
export type HelperVerb = "mount" | "umount" | "wipe";

/** The generation that is mounted, and what the helper noted about the mount. Valid while the overlay's unit is active. */
export type MountedFile = { readonly generation: number; readonly note: string };

/** Reads what is mounted for an instance; undefined when nothing is. */
export function readMounted(name: string, directory = runDirectory): MountedFile | undefined {
  const [, generation, note] = /^generation (\d{1,9})\nnote (\S+)\n/.exec(textOf(join(directory, "mounted", name))) ?? [];
  return generation === undefined || note === undefined ? undefined : { generation: Number(generation), note };
}

/** What the helper said when it failed in this invocation of its unit; undefined when it did not. */
export function readFailure(verb: HelperVerb, name: string, invocationId: string, directory = runDirectory): string | undefined {
  const text = textOf(join(directory, "failures", `${verb}@${name}`));
  if (invocationId === "" || !text.startsWith(`${invocationId}\n`)) return undefined;
  return text.slice(invocationId.length + 1).trim();
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not there, or not any more
  }
}
