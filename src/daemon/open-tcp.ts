import { describeAddress, type ListenAddress } from "./listen-address.ts";
import { StartupError } from "./startup-error.ts";

/**
 * Refuses TCP where games run in units: they share the loopback addresses with the host, and there is no authentication on TCP, so
 * that every game, and every local user, would control all of them.
 *
 * @param driver the one that runs games, be it asked for or found by `auto`
 * @throws StartupError with exit code 2 that names each address
 */
export function refuseOpenTcp(
  { listen, insecureTcp }: { readonly listen: readonly ListenAddress[]; readonly insecureTcp: boolean },
  driver: "systemd" | "embedded",
): void {
  const open = listen.filter(({ kind }) => kind === "tcp").map(describeAddress);
  if (driver === "embedded" || insecureTcp || open.length === 0) return;
  throw new StartupError(
    `--listen ${open.join(", ")} is refused with the systemd driver: there is no authentication on TCP yet, so that every game and every user of this host would control all games; use the unix socket, or say --insecure-tcp`,
    2,
  );
}
