import type { WatchedChange } from "./watched-instances.ts";

/** Shows what a watch tells. */
export type WatchView = {
  changed(change: WatchedChange): void;
  /** Everything that was there has been told. */
  synced(): void;
  /** The connection was lost, and is tried again from now on. */
  lost(cause: string): void;
  /** The connection is there again. */
  back(): void;
  /** Leaves the terminal as it was found. */
  close(): void;
};
