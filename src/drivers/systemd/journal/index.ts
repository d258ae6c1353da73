import { hostLayout } from "../../../domain/host-layout.ts";
import type { InstanceJournal, JournalOptions } from "../journal-port.ts";
import { type JournalMeans, NamespaceJournal } from "./instance-journal.ts";
import { directSource, sudoSource } from "./source/journalctl.ts";
import { journaldTurns } from "./source/journald-turn.ts";
import { NamespaceSequence } from "./source/namespace-sequence.ts";
import { WakeDirectory } from "./source/wake-directory.ts";
import { Waker } from "./source/waker.ts";

/** The logs of all instances of this host, from the journal namespace `left4me`. */
export function createInstanceJournal(options: JournalOptions): InstanceJournal {
  const turns = journaldTurns();
  let opened: { journal: NamespaceJournal; wake: WakeDirectory | undefined } | undefined;
  const journal = () => {
    if (opened === undefined) throw new Error("the journal is not open");
    return opened.journal;
  };
  return {
    async open() {
      // Starts journald of the namespace where it is idle; its own first entries make the journal's end known.
      await turns();
      const wake = options.transport === "direct" ? WakeDirectory.make(hostLayout(options.root).tmp) : undefined;
      opened = { journal: new NamespaceJournal(options.root, meansOf(options, wake, turns), options.log), wake };
      await opened.journal.open();
    },
    async close() {
      await opened?.journal.close();
      opened?.wake?.remove();
    },
    add: (identity) => journal().add(identity),
    adopt: (identity) => journal().adopt(identity),
    adopted: (identity, present) => journal().adopted(identity, present),
    recordEvent: (...event) => journal().recordEvent(...event),
    logs: (...request) => journal().logs(...request),
    logEnd: (identity) => journal().logEnd(identity),
    remove: (identity) => journal().remove(identity),
  };
}

function meansOf({ transport }: JournalOptions, wake: WakeDirectory | undefined, turns: () => Promise<void>): JournalMeans {
  const sequence = new NamespaceSequence();
  const current = () => sequence.current();
  const source = transport === "sudo" ? sudoSource() : directSource(() => wake?.options ?? ["--namespace=left4me"]);
  return { source, waker: new Waker(current, () => wake?.touch()), current, turns };
}
