import { type RunOptions, run } from "../../../exec/run.ts";
import type { EmbeddedSettings } from "../embedded-options.ts";

/**
 * Runs a tool on what games wrote. As an ordinary user it runs as root of a user namespace: overlayfs leaves a directory
 * of mode 000, the game may leave more.
 *
 * @param command must follow no links
 */
export function privileged(
  { asRoot }: Pick<EmbeddedSettings, "asRoot">,
  command: readonly [string, ...string[]],
  options: RunOptions = {},
): ReturnType<typeof run> {
  const [file, ...args] = command;
  if (asRoot) return run(file, args, { timeoutMs: 0, ...options });
  return run("unshare", ["--user", "--map-root-user", "--", ...command], { timeoutMs: 0, ...options });
}
