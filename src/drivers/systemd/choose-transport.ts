import { readFileSync } from "node:fs";
import { untilAnswered } from "./bus/until-answered.ts";
import { unavailable } from "./unavailable.ts";
import { dbusOrders, isDenied, polkitDenied } from "./units/dbus-orders.ts";
import { sudoHelper, sudoOrders } from "./units/sudo-orders.ts";
import { unitName } from "./units/unit-names.ts";
import type { UnitOrders } from "./units/unit-orders.ts";
import type { UnitWatch } from "./units/unit-watch.ts";

/** How the driver reaches its privileged side. */
export type Transport = "dbus" | "sudo";

/** An instance's name for trials: a reset of its failures changes nothing. */
export const trialName = "left4me-check";

/**
 * Tries the transport that is asked for and returns its orders.
 *
 * `auto` is D-Bus where polkit allows it, else sudo; never sudo under NoNewPrivileges, where it cannot work.
 * @throws HostError DRIVER_UNAVAILABLE
 */
export async function chooseTransport(
  asked: Transport | "auto",
  watch: UnitWatch,
): Promise<{ readonly transport: Transport; readonly orders: UnitOrders }> {
  if (asked === "sudo") return bySudo(watch);
  const denied = await tryDbus(watch);
  if (denied === undefined) return { transport: "dbus", orders: dbusOrders(watch) };
  if (asked === "dbus" || hasNoNewPrivileges()) throw denied;
  return bySudo(watch).catch(() => {
    throw denied;
  });
}

async function bySudo(watch: UnitWatch): Promise<{ transport: Transport; orders: UnitOrders }> {
  if (hasNoNewPrivileges()) {
    throw unavailable(
      "no-new-privileges",
      "this process has NoNewPrivileges, under which sudo cannot work",
      "install the drop-in /usr/share/left4me-host/sudo-transport.conf for left4me-hostd.service, or use --transport dbus",
    );
  }
  await sudoHelper("reset-failed", trialName);
  return { transport: "sudo", orders: sudoOrders(watch) };
}

/** Asks polkit for a right that all orders need alike. @returns why not; undefined when it is granted */
async function tryDbus(watch: UnitWatch) {
  const unit = unitName("server", trialName);
  try {
    await untilAnswered(() => watch.manager.tryResetFailed(unit));
    return undefined;
  } catch (error) {
    if (isDenied(error)) return polkitDenied(`systemctl reset-failed ${unit}`, error);
    throw error;
  }
}

/** See PR_SET_NO_NEW_PRIVS(2const). */
function hasNoNewPrivileges(): boolean {
  return /^NoNewPrivs:\s+1$/m.test(readFileSync("/proc/self/status", "latin1"));
}
