import { streamProcess } from "../../../../exec/stream-process.ts";
import { journalFields } from "./export-parser.ts";
import type { JournalSource } from "./journal-source.ts";

const common = ["--quiet", "--no-pager", "--output=export", `--output-fields=${journalFields.join(",")}`];
const helper = "/usr/libexec/left4me/left4me-journalctl";
const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** The unit of an instance's game. */
export const unitOf = (name: string) => `left4me-server@${name}.service`;

/** journalctl as the daemon's own user, who may read the namespace by an ACL. @param place gives the options that say which journal */
export function directSource(place: () => readonly string[]): JournalSource {
  const journalctl = async (...args: string[]) => streamProcess("journalctl", [...place(), ...common, ...args], environment);
  return {
    follow: (after) => journalctl("--follow", after === undefined ? "--lines=1" : `--after-cursor=${after.text}`),
    followSome: (names, after) => journalctl("--follow", `--after-cursor=${after.text}`, ...names.flatMap((name) => matchesOf(name))),
    last: (name, entries, invocationId) => journalctl(`--lines=${entries}`, ...matchesOf(name, invocationId)),
    after: (name, cursor, invocationId) => journalctl(`--after-cursor=${cursor.text}`, ...matchesOf(name, invocationId)),
  };
}

function matchesOf(name: string, invocationId?: string): string[] {
  return [`_SYSTEMD_UNIT=${unitOf(name)}`, ...(invocationId === undefined ? [] : [`_SYSTEMD_INVOCATION_ID=${invocationId}`])];
}

/** The same by sudo; the helper decides what may be asked. */
export function sudoSource(): JournalSource {
  const sudo = async (...args: string[]) => streamProcess("sudo", ["-n", helper, ...args], environment);
  return {
    follow: (after) => (after === undefined ? sudo("follow") : sudo("follow", after.text)),
    last: (name, entries, invocationId) =>
      sudo("read", name, String(Math.min(entries, 9_999_999)), ...(invocationId === undefined ? [] : [invocationId])),
    after: (name, cursor) => sudo("after", name, cursor.text),
  };
}
