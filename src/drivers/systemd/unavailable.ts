import { HostError } from "../../domain/host-error.ts";

/** The error for a host on which the systemd driver cannot run games: what is wrong, and the exact cure. */
export function unavailable(problem: string, found: string, cure: string, cause?: unknown): HostError {
  return new HostError("DRIVER_UNAVAILABLE", `the systemd driver cannot run games here: ${found}. Cure: ${cure}`, {
    metadata: { driver: "systemd", problem, cure },
    cause,
  });
}

/** The error for a system bus that does not answer. */
export function busUnavailable(found: string, cause?: unknown): HostError {
  return unavailable(
    "bus-away",
    `the system bus does not answer (${found})`,
    "systemctl status dbus.service; when it runs again, the daemon connects by itself",
    cause,
  );
}
