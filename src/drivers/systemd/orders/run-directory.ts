import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type WrittenFiles, writtenFilesOf } from "../../../domain/written-files.ts";

/** What root's helper tells the daemon, below /run/left4me; see systemd/README.md for the format. */
export const runDirectory = "/run/left4me";

/** The verbs of left4me-overlay that can fail. */
export type HelperVerb = "mount" | "umount" | "wipe" | "restore" | "drop" | "list" | "stage" | "unstage" | "hand-over";

/** What stands for an instance's name in a failure of the verbs that have none. */
export const stageName = ".stage";

/** How an invocation of left4me-overlay failed. */
export type HelperFailure = {
  readonly verb: HelperVerb;
  readonly name: string;
  readonly exitCode: number;
  /** What it said. */
  readonly text: string;
};

/** The generation that is mounted, and what the helper noted about the mount. Valid while the overlay's unit is active. */
export type MountedFile = { readonly generation: number; readonly note: string };

/** Reads what is mounted for an instance; undefined when nothing is. */
export function readMounted(name: string, directory = runDirectory): MountedFile | undefined {
  const [, generation, note] = /^generation (\d{1,9})\nnote (\S+)\n/.exec(textOf(join(directory, "mounted", name))) ?? [];
  return generation === undefined || note === undefined ? undefined : { generation: Number(generation), note };
}

/** Reads how the helper failed in this invocation of its unit; undefined when it did not. */
export function readFailure(verb: HelperVerb, name: string, invocationId: string, directory = runDirectory): HelperFailure | undefined {
  const content = textOf(join(directory, "failures", `${verb}@${name}`));
  const [head, invocation, exitCode] = /^([0-9a-f]{32}) (\d{1,3})\n/.exec(content) ?? [];
  if (head === undefined || invocation !== invocationId) return undefined;
  return { verb, name, exitCode: Number(exitCode), text: content.slice(head.length).trim() };
}

/** Reads what the helper's last list of an instance says; undefined when there is none. */
export function readWritten(name: string, directory = runDirectory): WrittenFiles | undefined {
  const records = textOf(join(directory, "written", name)).split("\0");
  const end = records.pop();
  if (end === "none\n") return { files: [], truncated: false };
  if (end !== "complete\n" && end !== "truncated\n") return undefined;
  const files = records.flatMap((record) => {
    const [, type, size, seconds, path] = /^([flwo]) (\d+) (-?\d+) (.+)$/s.exec(record) ?? [];
    if (path === undefined) return [];
    const isTold = type !== "w" && isTellable(Number(seconds));
    return [{ path, deleted: type === "w", sizeBytes: Number(size), ...(isTold ? { changeTime: new Date(Number(seconds) * 1000) } : {}) }];
  });
  return writtenFilesOf(files, end === "truncated\n");
}

/** The end of the year 9999, in seconds since 1970: the contract has no later time. */
const latest = 253_402_300_799;

/** A damaged file system may tell any time. */
function isTellable(seconds: number): boolean {
  return seconds >= 0 && seconds <= latest;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not there, or not any more
  }
}
