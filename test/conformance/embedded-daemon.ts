import { mkdtemp, rm } from "node:fs/promises";
import { DaemonEnded, spawnDaemon } from "../../scripts/spawn-daemon.ts";

export type EmbeddedDaemon = AsyncDisposable & { readonly address: string };

/** Why this machine cannot run games, in the daemon's own words. */
export class CannotRunGames extends Error {
  override readonly name = "CannotRunGames";
}

/** Starts a daemon with the embedded driver below a temporary root. @throws CannotRunGames with the cure */
export async function startEmbeddedDaemon(): Promise<EmbeddedDaemon> {
  const root = await mkdtemp("/var/tmp/left4me-conformance-"); // no overlay, unlike /tmp in some containers
  const daemon = spawnDaemon({ root, logLevel: "error", messages: "keep" });
  try {
    await daemon.opened();
  } catch (error) {
    await daemon.end();
    await rm(root, { recursive: true, force: true });
    throw error instanceof DaemonEnded && error.message.includes("cannot run games here") ? new CannotRunGames(error.message) : error;
  }
  return {
    address: daemon.address,
    async [Symbol.asyncDispose]() {
      await daemon.end();
      await rm(root, { recursive: true, force: true });
    },
  };
}
