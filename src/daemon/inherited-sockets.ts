import type { ListenAddress } from "./listen-address.ts";

/** The first descriptor that systemd passes (sd_listen_fds(3)). */
const firstDescriptor = 3;

/** What systemd's sockets are told in; children of ours have no use for it. */
export const socketVariables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] as const;

/**
 * The sockets that systemd has opened for this process, by sd_listen_fds_with_names(3). Empty when there are none, or when
 * they were meant for another process.
 */
export function inheritedSockets(env: Readonly<Record<string, string | undefined>>, pid: number): ListenAddress[] {
  if (env["LISTEN_PID"] !== String(pid)) return [];
  const count = /^\d{1,3}$/.test(env["LISTEN_FDS"] ?? "") ? Number(env["LISTEN_FDS"]) : 0;
  const names = env["LISTEN_FDNAMES"]?.split(":") ?? [];
  return Array.from({ length: count }, (_, index) => ({
    kind: "inherited",
    descriptor: firstDescriptor + index,
    name: names[index] ?? "unknown",
  }));
}
