import type { HostError } from "../../../domain/host-error.ts";

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
  /** Discards what the game wrote, but for what the published order keeps. */
  reset(name: string): Promise<OrderOutcome>;
  /** Puts the archive back that the published order names. */
  restore(name: string): Promise<OrderOutcome>;
  /** Removes the archive that the published order names. */
  drop(name: string): Promise<OrderOutcome>;
  /** Has what the game wrote told in the run directory. */
  list(name: string): Promise<OrderOutcome>;
  /** Forgets failures and start limits of the units. */
  resetFailed(name: string): Promise<void>;
  /** Unmounts what an unmount that was refused has left. */
  clearMount(name: string): Promise<OrderOutcome>;
  /** Those of the host's own units. */
  readonly installation: InstallOrders;
};

/** The same for the units of an installation. */
export type InstallOrders = {
  /** Makes the stage and executes the installer. */
  start(): Promise<OrderOutcome>;
  /** Ends the installer, and all that it has started. */
  cancel(): Promise<void>;
  /** Takes the stage down and moves what was installed to layers/.staged. */
  handOver(): Promise<OrderOutcome>;
  /** Ends the installer, takes the stage down and sets aside what it wrote. */
  discard(): Promise<OrderOutcome>;
  /** Forgets failures of the units. */
  resetFailed(): Promise<void>;
};
