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

const everyAddress = "the game listens on every address, and its port counts as taken on all of them";

/** The arguments that override what the host supplies, in lower case, with the reason why one should not. */
const reservedArguments: ReadonlyMap<string, string> = new Map([
  ["-port", "the port is the specification's `port`"],
  ["+hostport", "the port is the specification's `port`"],
  ["-ip", everyAddress],
  ["+ip", everyAddress],
  ["+servercfgfile", "the host generates server.cfg from the specification; another file would be executed in its place"],
  ["-game", "the game is left4dead2"],
  ["-autoupdate", "the host installs builds; an update in place would change files under running games"],
  ["-restart", "the host restarts a crashed game"],
]);

/** Why an argument contradicts what the host supplies; undefined when it does not. The engine does not look at the case. */
export function contradictionOf(argument: string): string | undefined {
  return reservedArguments.get(argument.split(/\s/, 1)[0]?.toLowerCase() ?? "");
}
