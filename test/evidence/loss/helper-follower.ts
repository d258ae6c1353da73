import { createHostClient, followLogs } from "../../../src/client/index.ts";
import type { Follower } from "./follower.ts";

/** Follows with the client's `followLogs`, which is to survive everything. @throws ConnectError when it gives up */
export async function followWithHelper(follower: Follower, signal: AbortSignal): Promise<void> {
  const { ledger, source } = follower;
  const client = createHostClient({ address: source.address });
  try {
    follower.tries += 1;
    const onReconnect = () => {
      follower.tries += 1;
    };
    const { name, since } = source;
    for await (const item of followLogs(client, { name, since, signal, retryFirst: true, maximumDelayMs: 1000, onReconnect })) {
      if (item.type === "gap") ledger.gap(item.gap);
      else ledger.entry(item.entry);
      if (ledger.isOver) return;
    }
  } finally {
    client.close();
  }
}
