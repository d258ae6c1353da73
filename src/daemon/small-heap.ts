import { setFlagsFromString } from "node:v8";

/** Up to so many streams the heap of new objects stays small. */
const fewStreams = 32;

let isSmall = false;

/**
 * Keeps the heap of new objects at its first size, 1 MiB a half, instead of letting it grow to 16 MiB. Almost everything
 * that a call or a log batch makes is garbage soon after; a large heap only collects it later. To be called before
 * anything large is loaded: what has grown shrinks late.
 *
 * (`--max-semi-space-size` says the same, but only on the command line.)
 */
export function keepHeapSmall(): void {
  if (isSmall) return;
  isSmall = true;
  setFlagsFromString("--semi-space-growth-factor=1");
}

/**
 * Lets the heap of new objects grow while there are many streams: a line wakes all of its followers at once, and what they
 * make outlives a small heap, which is collected again and again (half of the processor time at 250 followers).
 */
export function fitHeapTo(streams: number): void {
  if (streams <= fewStreams) keepHeapSmall();
  else if (isSmall) {
    isSmall = false;
    setFlagsFromString("--semi-space-growth-factor=2");
  }
}
