import type { RuntimeStatus } from "../../../domain/runtime-status.ts";
import { restartLimit } from "../../../host/driver.ts";
import { exitOf, exitResult } from "./exit-facts.ts";
import type { UnitFacts } from "./unit-properties.ts";

/** What lies outside of the units' properties. */
export type MountFacts = {
  /** The generation that is mounted while the overlay's unit is active; 0 = unknown. */
  readonly generation: number;
  /** The overlay's unit failed because its unmount was refused. */
  readonly isUnmountRefused: boolean;
};

/** Says in one status what the two units of an instance mean. @param before what was said last */
export function describeUnits(server: UnitFacts, overlay: UnitFacts, mount: MountFacts, before: RuntimeStatus): RuntimeStatus {
  const mounted = isMounted(overlay, mount);
  const [activeState, subState] = stateOf(server, overlay);
  const exit = exitOf(server, before);
  return {
    activeState,
    subState,
    result: resultOf(server, before),
    invocationId: server.invocationId === "" ? before.invocationId : server.invocationId,
    mainPid: server.mainPid,
    since: server.since === 0 ? before.since : new Date(server.since),
    restarts: server.restarts,
    mounted,
    generation: mounted ? mount.generation : 0,
    ...(exit === undefined ? {} : { exit }),
  };
}

function isMounted({ activeState }: UnitFacts, { isUnmountRefused }: MountFacts): boolean {
  if (activeState === "failed") return isUnmountRefused;
  return activeState !== "inactive";
}

/** A server whose mount is being made for it is starting, although its unit waits in `inactive`. */
function stateOf(server: UnitFacts, overlay: UnitFacts): [RuntimeStatus["activeState"], string] {
  const waits = server.activeState === "inactive" && server.hasJob;
  if (waits && (overlay.activeState === "activating" || overlay.activeState === "active")) return ["activating", "start"];
  return [activeStates[server.activeState] ?? "inactive", server.subState];
}

/** ActiveState of org.freedesktop.systemd1(5); a unit that reloads or refreshes is active all the time. */
const activeStates: Readonly<Record<string, RuntimeStatus["activeState"]>> = {
  active: "active",
  reloading: "active",
  refreshing: "active",
  activating: "activating",
  deactivating: "deactivating",
  failed: "failed",
  inactive: "inactive",
};

function resultOf(server: UnitFacts, before: RuntimeStatus): string {
  return hasReachedLimit(server, before) ? "start-limit-hit" : exitResult(server);
}

/**
 * systemd keeps the last run's result when the start limit ends a crash loop, and counts restarts since the last start that was
 * asked for, not within the limit's window. What tells is that it refuses a start at the end of a pause: a server that fails in
 * any other way was stopped.
 */
function hasReachedLimit(server: UnitFacts, before: RuntimeStatus): boolean {
  if (server.activeState !== "failed") return false;
  if (server.invocationId === before.invocationId && before.subState.startsWith("auto-restart")) return true;
  if (server.invocationId === before.invocationId && before.activeState === "failed") return before.result === "start-limit-hit";
  return server.restarts >= restartLimit.burst && hasFailedBehindPause(server);
}

/** Of a server that nobody saw fail: whether it did so later than its last game had ended, by a pause at the least. */
function hasFailedBehindPause({ since, execExit }: UnitFacts): boolean {
  return execExit !== 0 && since - execExit >= restartLimit.firstDelaySeconds * 1000;
}
