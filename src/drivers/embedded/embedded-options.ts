import { restartLimit, stopTimeoutSeconds } from "../../host/driver.ts";
import type { RestartLimit } from "../../host/life-cycle/restart-policy.ts";
import { leakedDescriptors } from "./processes/leaked-descriptors.ts";

/** Options of `createEmbeddedDriver`. */
export type EmbeddedOptions = {
  /** LEFT4ME_ROOT, absolute. */
  readonly root: string;
  /** The user that games run as when the daemon is root; never 0. Default: left4me-game where it exists, else 65534. */
  readonly gameUid?: number;
  /** The group that goes with it; never 0. Default: that user's group. */
  readonly gameGid?: number;
  /** Takes notes for the operator. Default: nothing. */
  readonly log?: (message: string) => void;
  /** Default: the port's. */
  readonly restartLimit?: RestartLimit;
  /** Seconds between SIGINT and SIGKILL. Default: the port's. */
  readonly stopTimeoutSeconds?: number;
  /** So many invocations keep their log. Default: 10. */
  readonly keptInvocations?: number;
  /** So many bytes of an invocation's log are kept, the newest. Default: 64 MiB. */
  readonly keptLogBytes?: number;
};

/** The options with every default filled in. */
export type EmbeddedSettings = {
  readonly root: string;
  readonly asRoot: boolean;
  readonly gameUid: number;
  readonly gameGid: number;
  readonly log: (message: string) => void;
  readonly restartLimit: RestartLimit;
  readonly stopTimeoutSeconds: number;
  readonly keptInvocations: number;
  readonly keptLogBytes: number;
  /** See {@link leakedDescriptors}. */
  readonly leakedDescriptors: readonly number[];
  /** What `check` finds out about this host. */
  readonly quirks: { mountsProc: boolean };
};

/** Fills in the defaults. */
export function settingsOf(options: EmbeddedOptions, account: { uid: number; gid: number; asRoot: boolean }): EmbeddedSettings {
  return {
    root: options.root,
    asRoot: account.asRoot,
    gameUid: account.uid,
    gameGid: account.gid,
    log: options.log ?? (() => {}),
    restartLimit: options.restartLimit ?? restartLimit,
    stopTimeoutSeconds: options.stopTimeoutSeconds ?? stopTimeoutSeconds,
    keptInvocations: options.keptInvocations ?? 10,
    keptLogBytes: options.keptLogBytes ?? 64 * 1024 * 1024,
    leakedDescriptors: process.platform === "linux" ? leakedDescriptors() : [],
    quirks: { mountsProc: true },
  };
}
