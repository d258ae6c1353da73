import type { InstanceJournal, JournalOptions } from "../journal-port.ts";
import { type JournalMeans, NamespaceJournal } from "./instance-journal.ts";
import { directSource, sudoSource } from "./journalctl.ts";
import { journaldTurns } from "./journald-turn.ts";
import { NamespaceSequence } from "./namespace-sequence.ts";
import { WakeDirectory } from "./wake-directory.ts";
import { Waker } from "./waker.ts";

/** The logs of all instances of this host, from the journal namespace `left4me`. */
export function createInstanceJournal(options: JournalOptions): InstanceJournal {
  let opened: { journal: NamespaceJournal; wake: WakeDirectory | undefined } | undefined;
  const journal = () => {
    if (opened === undefined) throw new Error("the journal is not open");
    return opened.journal;
  };
  return {
    async open() {
      // Starts journald of the namespace where it is idle; its own first entries make the journal's end known.
      await journaldTurns();
      const wake = options.transport === "direct" ? await WakeDirectory.make() : undefined;
      opened = { journal: new NamespaceJournal(options.root, meansOf(options, wake), options.log), wake };
      await opened.journal.open();
    },
    async close() {
      await opened?.journal.close();
      opened?.wake?.remove();
    },
    add: (identity) => journal().add(identity),
    recordEvent: (...event) => journal().recordEvent(...event),
    logs: (...request) => journal().logs(...request),
    logEnd: (identity) => journal().logEnd(identity),
    remove: (identity) => journal().remove(identity),
  };
}

function meansOf({ transport }: JournalOptions, wake: WakeDirectory | undefined): JournalMeans {
  const sequence = new NamespaceSequence();
  const current = () => sequence.current();
  const source = transport === "sudo" ? sudoSource() : directSource(wake?.options ?? ["--namespace=left4me"]);
  return { source, waker: new Waker(current, () => wake?.touch()), current, turns: () => journaldTurns() };
}
