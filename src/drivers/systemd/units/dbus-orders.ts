import { HostError } from "../../../domain/host-error.ts";
import { busErrorName } from "../bus/bus-connection.ts";
import { commandOf } from "../bus/job-results.ts";
import { isUnanswered, untilAnswered } from "../bus/until-answered.ts";
import { unavailable } from "../unavailable.ts";
import { hostUnitKinds, hostUnitName, unitName } from "./unit-names.ts";
import type { OrderOutcome, UnitOrders } from "./unit-orders.ts";
import type { UnitWatch } from "./unit-watch.ts";

/** Orders by D-Bus, as this user; polkit decides. */
export function dbusOrders(watch: UnitWatch): UnitOrders {
  const start = async (unit: string, isUnlimited = false): Promise<OrderOutcome> => {
    const order = { verb: "start", unit, isUnlimited } as const;
    const job = await allowed(commandOf(order), () => watch.manager.start(unit));
    return { result: await watch.jobs.of(job, order) };
  };
  const stop = async (unit: string): Promise<void> => {
    const order = { verb: "stop", unit } as const;
    const job = await allowed(commandOf(order), () => watch.manager.stop(unit));
    if (job !== undefined) await watch.jobs.of(job, order);
  };
  const resetFailed = (unit: string) => allowed(`systemctl reset-failed ${unit}`, () => watch.manager.resetFailed(unit));
  return {
    start: (name) => start(unitName("server", name)),
    stop: async (name) => void (await Promise.all([stop(unitName("server", name)), stop(unitName("overlay", name))])),
    reset: (name) => start(unitName("reset", name), true),
    restore: (name) => start(unitName("restore", name), true),
    drop: (name) => start(unitName("drop", name)),
    list: (name) => start(unitName("list", name)),
    resetFailed: async (name) => void (await Promise.all([resetFailed(unitName("server", name)), resetFailed(unitName("overlay", name))])),
    clearMount: (name) => start(unitName("overlay", name)),
    installation: {
      start: () => start(hostUnitName("install")),
      cancel: () => stop(hostUnitName("install")),
      handOver: () => start(hostUnitName("hand-over"), true),
      discard: () => start(hostUnitName("discard"), true),
      resetFailed: async () => void (await Promise.all(hostUnitKinds.map((kind) => resetFailed(hostUnitName(kind))))),
    },
  };
}

/** The error for what polkit does not allow. */
export function polkitDenied(command: string, cause: unknown): HostError {
  return unavailable(
    "polkit-denied",
    `polkit does not let this user ${command} (${cause instanceof Error ? cause.message : String(cause)})`,
    "install polkitd and /usr/share/polkit-1/rules.d/50-left4me.rules, see whether polkit.service runs, run the daemon as left4me, or use --transport sudo",
    cause,
  );
}

/**
 * Whether an answer of PID 1 means that polkit said no, or that there is none to ask: PID 1 passes on why it did not start, that
 * it has waited for it in vain, or that it left before it answered.
 */
export function isDenied(error: unknown): boolean {
  const denials = ["org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"];
  const said = error instanceof Error ? error.message : "";
  if (denials.includes(busErrorName(error)) || isUnanswered(error)) return true;
  return /\bpolkit\.service\b|\borg\.freedesktop\.PolicyKit1\b|^Method call timed out$/.test(said);
}

async function allowed<T>(command: string, call: () => Promise<T>): Promise<T> {
  try {
    return await untilAnswered(call);
  } catch (error) {
    if (error instanceof HostError) throw error;
    if (isDenied(error)) throw polkitDenied(command, error);
    const said = error instanceof Error ? error.message : String(error);
    throw new HostError("HELPER_FAILED", `${command} was refused by systemd: ${said}`, {
      metadata: { command, exit_code: "", stderr: said },
      cause: error,
    });
  }
}
