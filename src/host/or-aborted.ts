/** Waits for a promise, but no longer than until a signal aborts; then rejects with the signal's reason. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const abandoned = Promise.withResolvers<never>();
  const onAbort = () => abandoned.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, abandoned.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
