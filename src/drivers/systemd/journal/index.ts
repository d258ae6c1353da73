import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstanceJournal, JournalOptions } from "../journal-port.ts";
import { type JournalMeans, NamespaceJournal } from "./instance-journal.ts";
import { directSource, sudoSource } from "./journalctl.ts";
import { journaldTurns } from "./journald-turn.ts";
import { NamespaceSequence } from "./namespace-sequence.ts";
import { PipedProcesses } from "./piped-process.ts";
import { WakeDirectory } from "./wake-directory.ts";
import { Waker } from "./waker.ts";

/** The logs of all instances of this host, from the journal namespace `left4me`. */
export function createInstanceJournal(options: JournalOptions): InstanceJournal {
  let opened: { journal: NamespaceJournal; processes: PipedProcesses } | undefined;
  const journal = () => {
    if (opened === undefined) throw new Error("the journal is not open");
    return opened.journal;
  };
  return {
    async open() {
      const directory = await mkdtemp(join(tmpdir(), "left4me-journal-"));
      const processes = new PipedProcesses(directory);
      opened = { processes, journal: new NamespaceJournal(options.root, await meansOf(options, processes, directory), options.log) };
      await opened.journal.open();
    },
    async close() {
      await opened?.journal.close();
      opened?.processes.close();
    },
    recordEvent: (...event) => journal().recordEvent(...event),
    logs: (...request) => journal().logs(...request),
    logEnd: (identity) => journal().logEnd(identity),
    remove: (identity) => journal().remove(identity),
  };
}

async function meansOf(options: JournalOptions, processes: PipedProcesses, directory: string): Promise<JournalMeans> {
  const sequence = new NamespaceSequence();
  const current = () => sequence.current();
  // Starts journald of the namespace where it is idle; its own first entries make the journal's end known.
  await journaldTurns();
  const wake = options.transport === "direct" ? await WakeDirectory.make(join(directory, "wake")) : undefined;
  const source = options.transport === "sudo" ? sudoSource(processes) : directSource(processes, wake?.options ?? ["--namespace=left4me"]);
  return { source, waker: new Waker(current, () => wake?.touch()), current, turns: () => journaldTurns() };
}
