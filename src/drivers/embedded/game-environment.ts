/** How a game may find programs when the daemon itself has no PATH. */
export const defaultPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/** Where the daemon itself finds programs. */
export function ownPath(): string {
  return process.env["PATH"] ?? defaultPath;
}

/**
 * The whole environment of a game: nothing of the daemon's leaks into it but PATH, and the variables that begin with
 * LEFT4ME_SIM_ (they choose the modes of the stand-in game). INVOCATION_ID is what systemd sets for its services.
 * @param home the game directory as the game sees it
 */
export function gameEnvironment(
  daemon: Readonly<Record<string, string | undefined>>,
  home: string,
  invocationId: string,
): Record<string, string> {
  const simulation = Object.entries(daemon).filter(([name]) => name.startsWith("LEFT4ME_SIM_"));
  return {
    INVOCATION_ID: invocationId,
    PATH: daemon["PATH"] ?? defaultPath,
    HOME: home,
    LANG: "C.UTF-8",
    USER: "left4me-game",
    ...(Object.fromEntries(simulation) as Record<string, string>),
  };
}
