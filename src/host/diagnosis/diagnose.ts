import { notImplemented } from "../../domain/failures.ts";
import { type Finding, gravestFirst } from "../../domain/finding.ts";
import type { HostDriver } from "../driver.ts";
import type { HostContext } from "../host-context.ts";
import { orAborted } from "../or-aborted.ts";
import { buildHealth } from "./build-health.ts";
import { type Check, runChecks } from "./check.ts";
import { clock } from "./clock.ts";
import { diskRoom } from "./disk-room.ts";
import { libraries32 } from "./libraries-32.ts";
import { olderLayout } from "./older-layout.ts";
import { overlayRights } from "./overlay-rights.ts";
import { ports } from "./ports.ts";
import { descriptors, memory } from "./resources.ts";

/** A driver's checks have limits of their own; this one ends a driver that hangs all the same, in milliseconds. */
const driverLimitMs = 9000;

/**
 * Examines the host: what every driver needs, and what its own driver adds. Changes nothing. One diagnosis at a
 * time.
 *
 * @throws HostError NOT_IMPLEMENTED when the driver has no diagnosis; the signal's reason
 */
export async function diagnose(context: HostContext, signal: AbortSignal): Promise<Finding[]> {
  const { driver } = context;
  if (driver.diagnose === undefined) throw notImplemented("diagnose", "a diagnosis of itself");
  const ended = AbortSignal.any([signal, context.closing]);
  ended.throwIfAborted();
  const ofDriver: Check = { name: "driver", run: (limited) => diagnoseDriver(driver, limited) };
  const examine = () => Promise.all([runChecks(checksOf(context), ended), runChecks([ofDriver], ended, driverLimitMs)]);
  const found = await orAborted(context.diagnoses.take(examine), ended);
  return gravestFirst(found.flat());
}

async function diagnoseDriver(driver: HostDriver, signal: AbortSignal): Promise<readonly Finding[]> {
  return (await driver.diagnose?.(signal)) ?? [];
}

function checksOf({ layout, registry, builds, overlays, epoch, driver }: HostContext): Check[] {
  const active = builds.active();
  return [
    diskRoom([layout.root, layout.tmp]),
    clock(epoch),
    memory(),
    descriptors(),
    ports([...registry.entries()]),
    buildHealth(layout, builds),
    libraries32({ buildLayers: active === undefined ? [] : builds.layersOf(active.id) }),
    overlayRights(layout, overlays, driver.info),
    olderLayout(layout),
  ];
}
