/** @typedef {(signal: NodeJS.Signals) => void} StopHandler */

/** @type {StopHandler | undefined} */
let handler;
/** @type {NodeJS.Signals | undefined} */
let early;

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.on(signal, () => {
    if (handler) handler(signal);
    else early = signal;
  });
}

/**
 * Sets what a stop signal does. A signal that came while the game was still loading is delivered now.
 * @param {StopHandler} next
 */
export function onStopSignal(next) {
  handler = next;
  if (early) next(early);
}
