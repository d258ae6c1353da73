import type { InstanceSpec } from "./instance-spec.ts";

/**
 * The argument vector of the game, run from the merged directory.
 *
 * `-strictportbind`: a busy port fails instead of moving. `-norestart`: srcds_run would otherwise loop around crashes
 * for ever and hide them. The user's own arguments come last, each as one element.
 */
export function gameArgv(spec: Pick<InstanceSpec, "port" | "arguments">): string[] {
  return ["./srcds_run", "-game", "left4dead2", "-strictportbind", "-norestart", "+hostport", String(spec.port), ...spec.arguments];
}

/** The arguments that override what {@link gameArgv} supplies, with the reason why one should not. */
export const reservedArguments: ReadonlyMap<string, string> = new Map([
  ["-port", "the port is the specification's `port`"],
  ["+hostport", "the port is the specification's `port`"],
  ["-game", "the game is left4dead2"],
  ["-autoupdate", "the host installs builds; an update in place would change files under running games"],
  ["-restart", "the host restarts a crashed game"],
]);
