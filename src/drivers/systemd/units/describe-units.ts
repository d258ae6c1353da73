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
    result: resultOf(server),
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

/** systemd keeps the last run's result when the start limit ends a crash loop. */
function resultOf(server: UnitFacts): string {
  return server.activeState === "failed" && server.restarts >= restartLimit.burst ? "start-limit-hit" : exitResult(server);
}
