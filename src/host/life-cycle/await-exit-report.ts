import type { HostContext } from "../host-context.ts";

/** How long the last lines of a game that has ended may take; then an answer goes without them. */
const patienceMs = 3000;

/** Waits until the report of an instance's newest end is complete: its last lines follow within moments. */
export async function awaitExitReport(context: HostContext, name: string, signal: AbortSignal): Promise<void> {
  const until = AbortSignal.any([signal, context.closing, AbortSignal.timeout(patienceMs)]);
  const { feed } = context.registry;
  while (!until.aborted) {
    const { revision } = feed;
    if (context.registry.find(name)?.exitPending !== true) return;
    await feed.changed(revision, until);
  }
}
