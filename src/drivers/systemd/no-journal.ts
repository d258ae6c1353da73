import type { InstanceJournal } from "./journal-port.ts";

/** Logs that hold nothing. */
export function noJournal(): InstanceJournal {
  return {
    open: async () => {},
    close: async () => {},
    recordEvent: () => {},
    logs: async function* (_identity, _start, follow, signal) {
      if (follow && !signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
    logEnd: async () => "",
    remove: async () => {},
  };
}
