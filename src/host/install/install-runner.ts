import type { InstallOrder } from "../../domain/installer-agreement.ts";

/**
 * How a driver runs the installer: a process of its own, which outlives the daemon, over a stage.
 *
 * A stage is an overlay mount: below it the layers of a build, which nothing changes, above them an empty upper that takes all that
 * the installer writes. There is at most one stage and one installer a host; whoever owns the jobs sees to that.
 *
 * # Life of a stage
 * start → (the installer ends, by itself or by {@link InstallRunner.cancel}) → {@link InstallRunner.handOver} or
 * {@link InstallRunner.discard}. A stage survives the daemon as long as its installer runs; what a power cut leaves of one is
 * removed by `discard`, or by the next `start`.
 */
export interface InstallRunner {
  /** The directory in which the installer writes `installerFiles`. What lies there is a stranger's word. */
  readonly outbox: string;

  /**
   * Makes a stage and starts the installer in it. Resolves when the installer has been executed; leaves nothing when it rejects.
   *
   * @param layers the base build's layers, absolute, top first; empty for an installation from nothing
   * @throws HostError HELPER_FAILED, HELPER_REFUSED, DRIVER_UNAVAILABLE, DISK_FULL
   */
  start(order: InstallOrder, layers: readonly string[]): Promise<void>;

  /**
   * Resolves when no process of the installer is left, at once when none runs; says how it ended, where that is known.
   *
   * @throws the signal's reason when it aborts: that ends the waiting, not the installer
   */
  ended(signal: AbortSignal): Promise<{ readonly exitCode?: number; readonly signal?: string }>;

  /** Ends the installer and everything that it has started. Resolves when none of it is left. Idempotent. */
  cancel(): Promise<void>;

  /**
   * Takes the stage down and moves its upper to `target`, which does not exist and lies on the root's file system. It then belongs to
   * the daemon. Whiteouts (character devices 0/0) stay in it; modes and attributes are whatever the installer left.
   *
   * Precondition: the installer has ended. Idempotent: when `target` is there already and no stage is left, it succeeds.
   */
  handOver(target: string): Promise<void>;

  /** Takes the stage down and removes what it wrote. Precondition: the installer has ended. Idempotent. */
  discard(): Promise<void>;
}
