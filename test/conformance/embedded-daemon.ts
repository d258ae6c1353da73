import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/daemon/main.ts", import.meta.url));

export type EmbeddedDaemon = AsyncDisposable & { readonly address: string };

/** Why this machine cannot run games, in the daemon's own words. */
export class CannotRunGames extends Error {
  override readonly name = "CannotRunGames";
}

/** Starts a daemon with the embedded driver below a temporary root. @throws CannotRunGames with the cure */
export async function startEmbeddedDaemon(): Promise<EmbeddedDaemon> {
  const root = await mkdtemp("/var/tmp/left4me-conformance-"); // no overlay, unlike /tmp in some containers
  const child = spawn(process.execPath, [main, "--root", root, "--driver", "embedded", "--log-level", "error"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (data) => {
    said += String(data);
  });
  const listening = once(child.stdout, "data").then(() => true);
  const ended = once(child, "exit").then(() => false);
  if (!(await Promise.race([listening, ended]))) {
    await rm(root, { recursive: true, force: true });
    throw said.includes("cannot run games here") ? new CannotRunGames(said.trim()) : new Error(`the daemon ended: ${said}`);
  }
  return {
    address: `unix:${join(root, "hostd.sock")}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
      await rm(root, { recursive: true, force: true });
    },
  };
}
