/**
 * Makes one run of `work` do for all who ask before it begins: one is under way, and one waits for its end with whoever has
 * asked meanwhile. What is done began after it was asked for.
 */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  return () => {
    waiting ??= running.then(() => {
      const run = work();
      running = run.catch(() => {}); // whoever asked is told
      waiting = undefined;
      return run;
    });
    return waiting;
  };
}
