import type { HostLog } from "../host/host-log.ts";

/**
 * Tells the service manager how we are, when it has asked to be told (sd_notify(3), Type=notify). By systemd-notify, because
 * Node.js has no datagram sockets of AF_UNIX. A failure is logged: the manager finds out by its time-out.
 */
export async function notifyServiceManager(state: "ready" | "stopping", log: HostLog): Promise<void> {
  if (process.env["NOTIFY_SOCKET"] === undefined) return;
  const { run } = await import("../exec/run.ts");
  await run("systemd-notify", [`--${state}`], { timeoutMs: 5000 }).catch((error: unknown) =>
    log("error", "the service manager could not be told", { state, error: String(error) }),
  );
}
