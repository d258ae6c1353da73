import { setFlagsFromString } from "node:v8";

/**
 * Keeps the heap of new objects at its first size, 1 MiB a half, instead of letting it grow to 16 MiB. Almost everything
 * that a call or a log batch makes is garbage soon after; a large heap only collects it later. To be called before
 * anything large is loaded: what has grown stays.
 *
 * (`--max-semi-space-size` says the same, but only on the command line.)
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
