import { HostError } from "../../../domain/host-error.ts";
import { run } from "../../../exec/run.ts";
import { unavailable } from "../unavailable.ts";
import { ofHost } from "./unit-names.ts";
import type { OrderOutcome, UnitOrders } from "./unit-orders.ts";
import type { UnitWatch } from "./unit-watch.ts";

/** Validates its arguments again and calls systemctl; root's own. */
const helper = "/usr/libexec/left4me/left4me-systemctl";

/** As for a job: a stop, and an unmount that writes back a whole disk. */
const orderTimeoutMs = 180_000;
/** What copies, or brings to the disk, as much as there is. */
const unlimited = 0;

/** Orders by `sudo -n`; sudoers decides. */
export function sudoOrders(watch: UnitWatch): UnitOrders {
  const order = async (verb: string, name: string, timeoutMs?: number): Promise<OrderOutcome> => {
    try {
      await sudoHelper(verb, name, timeoutMs);
      return { result: "done" };
    } catch (error) {
      if (!(error instanceof HostError) || error.reason !== "HELPER_FAILED") throw error;
      return { result: "failed", error };
    } finally {
      await watch.manager.barrier(); // systemctl has been told of the end before we were
    }
  };
  const orderOrThrow = async (verb: string, name: string): Promise<void> => {
    const { error } = await order(verb, name);
    if (error !== undefined) throw error;
  };
  return {
    start: (name) => order("start", name),
    stop: (name) => orderOrThrow("stop", name),
    reset: (name) => order("reset", name, unlimited),
    restore: (name) => order("restore", name, unlimited),
    drop: (name) => order("drop", name),
    list: (name) => order("list", name),
    resetFailed: (name) => orderOrThrow("reset-failed", name),
    clearMount: (name) => order("clear-mount", name),
    installation: {
      start: () => order("install-start", ofHost),
      cancel: () => orderOrThrow("install-cancel", ofHost),
      handOver: () => order("install-hand-over", ofHost, unlimited),
      discard: () => order("install-discard", ofHost, unlimited),
      resetFailed: () => orderOrThrow("install-reset-failed", ofHost),
    },
  };
}

/**
 * Runs the helper.
 *
 * @param name an instance's, or `ofHost` for a verb that has none
 * @throws HostError DRIVER_UNAVAILABLE when sudo does not allow it; HELPER_FAILED, also when it goes on for too long: it is
 *   root's, and nobody here can end it
 */
export async function sudoHelper(verb: string, name: string, timeoutMs: number = orderTimeoutMs): Promise<void> {
  try {
    await run("sudo", ["-n", helper, verb, ...(name === ofHost ? [] : [name])], { timeoutMs, outOfReach: true });
  } catch (error) {
    if (error instanceof HostError && /^sudo: /m.test(error.metadata["stderr"] ?? "")) throw sudoDenied(error);
    throw error;
  }
}

function sudoDenied(cause: HostError): HostError {
  return unavailable(
    "sudo-denied",
    `sudo does not let this user run ${helper} (${cause.metadata["stderr"] ?? cause.message})`,
    "install sudo and /etc/sudoers.d/left4me, and the drop-in /usr/share/left4me-host/sudo-transport.conf for left4me-hostd.service",
    cause,
  );
}
