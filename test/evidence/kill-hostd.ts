import type { HostClient } from "../../src/client/index.ts";
import { whenReachable } from "./when-reachable.ts";

/**
 * kill -9 of left4me-hostd.service; systemd starts it again, without the delay that grows with every crash. Resolves when the
 * next daemon answers.
 *
 * @param host runs scripts as root where the daemon runs
 */
export async function killHostd(host: { readonly client: HostClient; sh(script: string): Promise<string> }): Promise<void> {
  await host.sh("systemctl reset-failed left4me-hostd.service; systemctl kill -s KILL left4me-hostd.service");
  const limit = AbortSignal.timeout(60_000);
  await whenReachable(host.client, limit);
  limit.throwIfAborted();
}
