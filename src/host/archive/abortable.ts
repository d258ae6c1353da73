/**
 * Yields what `items` yields until `signal` aborts; then throws the signal's reason, even while an item is awaited.
 *
 * The source is told to end (`return`), but is not waited for: a stalled upload must not hold its reader.
 */
export async function* abortable<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
