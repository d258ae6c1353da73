import { journalFields } from "./export-parser.ts";
import type { JournalSource } from "./journal-source.ts";
import type { PipedProcesses } from "./piped-process.ts";

const common = ["--quiet", "--no-pager", "--output=export", `--output-fields=${journalFields.join(",")}`];
const helper = "/usr/libexec/left4me/left4me-journalctl";

/** The unit of an instance's game. */
export const unitOf = (name: string) => `left4me-server@${name}.service`;

/** journalctl as the daemon's own user, who may read the namespace by an ACL. @param place options that say which journal */
export function directSource(processes: PipedProcesses, place: readonly string[]): JournalSource {
  const journalctl = (...args: string[]) => processes.start("journalctl", [...place, ...common, ...args]);
  return {
    follow: (after) => journalctl("--follow", after === undefined ? "--lines=1" : `--after-cursor=${after.text}`),
    last: (name, entries) => journalctl(`--lines=${entries}`, `_SYSTEMD_UNIT=${unitOf(name)}`),
    after: (name, cursor, invocationId) =>
      journalctl(
        `--after-cursor=${cursor.text}`,
        `_SYSTEMD_UNIT=${unitOf(name)}`,
        ...(invocationId === undefined ? [] : [`_SYSTEMD_INVOCATION_ID=${invocationId}`]),
      ),
  };
}

/** The same by sudo; the helper decides what may be asked. */
export function sudoSource(processes: PipedProcesses): JournalSource {
  const sudo = (...args: string[]) => processes.start("sudo", ["-n", helper, ...args]);
  return {
    follow: (after) => (after === undefined ? sudo("follow") : sudo("follow", after.text)),
    last: (name, entries) => sudo("read", name, String(Math.min(entries, 9_999_999))),
    after: (name, cursor) => sudo("after", name, cursor.text),
  };
}
