import type { InstanceSpec } from "./instance-spec.ts";

/** Where the game looks for its configuration, below the game directory. */
export const cfgDirectory = "left4dead2/cfg";

/** The file that exposes the server.cfg of an overlay with this alias, below {@link cfgDirectory}. */
export function exposedCfgName(alias: string): string {
  return `server_${alias}.cfg`;
}

/**
 * The generated server.cfg: exposed overlays first, the lowest overlay first, so that a higher one overrides it; then
 * the instance's own lines. Empty when there is neither.
 *
 * @param exposed the aliases whose overlay has a server.cfg, in the order of the specification (highest first)
 */
export function serverCfg(spec: Pick<InstanceSpec, "config">, exposed: readonly string[]): string {
  const lines = [...exposed.toReversed().map((alias) => `exec ${exposedCfgName(alias)}`), ...spec.config];
  return lines.map((line) => `${line}\n`).join("");
}
