import type { HostError } from "../../domain/host-error.ts";

/** How an order to a unit ended: `done`, or the result of its job (`failed`, `dependency`, `canceled`, `timeout`, …). */
export type OrderOutcome = {
  readonly result: string;
  /** What the transport itself has to say about a failure. */
  readonly error?: HostError;
};

/**
 * What the driver may ask of PID 1, by one transport. Each resolves when PID 1 has done it and every signal about it has
 * been taken in.
 *
 * @throws HostError DRIVER_UNAVAILABLE when the transport does not answer or is not allowed; HELPER_FAILED
 */
export type UnitOrders = {
  /** Starts the server, and its overlay before it. */
  start(name: string): Promise<OrderOutcome>;
  /** Stops server and overlay. */
  stop(name: string): Promise<void>;
  /** Discards what the game wrote. */
  reset(name: string): Promise<OrderOutcome>;
  /** Forgets failures and start limits of the units. */
  resetFailed(name: string): Promise<void>;
  /** Unmounts what an unmount that was refused has left. */
  clearMount(name: string): Promise<OrderOutcome>;
};
