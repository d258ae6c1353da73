/**
 * Yields what `items` yields until `signal` aborts; then throws the signal's reason, even while an item is awaited.
 *
 * The source is told to end (`return`), but is not waited for: a stalled upload must not hold its reader.
 */
export async function* abortable<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  // One promise an item: racing against one long-lived promise would keep every item alive with it.
  let abandon: (reason: unknown) => void = () => {};
  const abort = () => abandon(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        abandon = reject;
        iterator.next().then(resolve, reject);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
