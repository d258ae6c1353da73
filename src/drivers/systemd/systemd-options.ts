import type { Transport } from "./choose-transport.ts";
import type { InstanceJournal, JournalOptions } from "./journal-port.ts";

/** Options of `createSystemdDriver`. */
export type SystemdOptions = {
  /** LEFT4ME_ROOT, absolute; the units know /var/lib/left4me only. */
  readonly root: string;
  /** How to reach PID 1. Default: `auto`, which is D-Bus where polkit allows it, else sudo where it can work. */
  readonly transport?: Transport | "auto";
  /** Takes notes for the operator. Default: nothing. */
  readonly log?: (message: string) => void;
  /** Makes what reads the logs. Default: the journal namespace's. */
  readonly createJournal?: (options: JournalOptions) => InstanceJournal;
};

/** The options with every default filled in. */
export type SystemdSettings = Required<SystemdOptions>;
