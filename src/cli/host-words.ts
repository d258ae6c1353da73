import { createHostClient } from "../client/index.ts";
import { listBuilds } from "./commands/builds.ts";
import { listOverlays } from "./commands/overlays.ts";
import type { HostWords } from "./complete-line.ts";
import { chooseAddress } from "./host-candidates.ts";
import { listInstances } from "./list-instances.ts";
import type { Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/** How long the host may take for one answer, in milliseconds: nobody waits long behind Tab. */
const timeoutMs = 1000;

/**
 * All words of one kind that a host knows, each once.
 *
 * @param address as `--address` has it; undefined: the default host
 * @throws when no host answers in time, or the address is none
 */
export async function hostWords(terminal: Terminal, words: HostWords, address: string | undefined): Promise<string[]> {
  const client = createHostClient({ address: await chooseAddress(address, terminal) });
  try {
    return await listWords({ client, read: { signal: terminal.interrupted, timeoutMs } }, words);
  } finally {
    client.close();
  }
}

async function listWords(session: Pick<Session, "client" | "read">, words: HostWords): Promise<string[]> {
  if (words === "builds") return (await listBuilds(session)).map(({ id }) => id);
  if (words === "overlays") return (await listOverlays(session)).map(({ ref }) => ref);
  const instances = await listInstances(session, {});
  if (words === "instances") return instances.map(({ name }) => name);
  const labels = instances.flatMap((instance) => Object.entries(instance.labels).map(([key, value]) => `${key}=${value}`));
  return [...new Set(labels)].sort();
}
