import { createHostClient } from "../../client/index.ts";
import { listArchives } from "../commands/archives.ts";
import { listBuilds } from "../commands/builds.ts";
import { listOverlays } from "../commands/overlays.ts";
import { chooseAddress } from "../failures/host-candidates.ts";
import { parseTimeout } from "../input/duration.ts";
import { listInstances } from "../list-instances.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Session } from "../session.ts";
import type { HostWords } from "./complete-line.ts";

/** How long the host may take for one answer when `--timeout` says nothing else: nobody waits long behind Tab. */
const standardTimeout = "1s";

/** Words of one kind that only the host knows. */
export type HostQuestion = {
  readonly words: HostWords;
  /** As `--address` has it; undefined: the default host. */
  readonly address: string | undefined;
  /** Whose archives. */
  readonly instance?: string;
};

/**
 * All words of one kind that a host knows, each once.
 *
 * @param timeout as `--timeout` has it
 * @throws when no host answers in time, the address is none, or the timeout is none
 */
export async function hostWords(
  terminal: Terminal,
  { words, address, instance = "" }: HostQuestion,
  timeout: string = standardTimeout,
): Promise<string[]> {
  const timeoutMs = parseTimeout(timeout);
  const client = createHostClient({ address: await chooseAddress(address, terminal) });
  try {
    return await listWords({ client, read: { signal: terminal.interrupted, timeoutMs } }, words, instance);
  } finally {
    client.close();
  }
}

async function listWords(session: Pick<Session, "client" | "read">, words: HostWords, of: string): Promise<string[]> {
  if (words === "archives") return (await listArchives(session, of)).map(({ id }) => id);
  if (words === "builds") return (await listBuilds(session)).map(({ id }) => id);
  if (words === "overlays") return (await listOverlays(session)).map(({ ref }) => ref);
  if (words === "jobs") {
    const { job } = await session.client.installation.getInstallation({}, session.read);
    return job === undefined ? [] : [job.id];
  }
  const instances = await listInstances(session, {});
  if (words === "instances") return instances.map(({ name }) => name);
  const labels = instances.flatMap((instance) => Object.entries(instance.labels).map(([key, value]) => `${key}=${value}`));
  return [...new Set(labels)].sort();
}
