import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type SpawnedDaemon, spawnDaemon } from "../scripts/spawn-daemon.ts";
import { createHostClient, type HostClient } from "../src/client/index.ts";
import { residentMb } from "./process-figures.ts";

const bundle = fileURLToPath(new URL("../dist/bundle/left4me-hostd.js", import.meta.url));

/** What production runs. @throws Error when it was not built */
export function bundledDaemon(): string {
  if (!existsSync(bundle)) throw new Error(`there is no ${bundle}; run \`npm run build\` first`);
  return bundle;
}

/** A bundled daemon below a temporary root of its own. */
export class HostProcess {
  readonly root: string;
  readonly client: HostClient;
  /** Milliseconds from the start of the process to its word that it listens. */
  readonly readyMs: number;
  /** Milliseconds from the start of the process to its first answer, which needs an open host. */
  readonly answerMs: number;
  readonly #daemon: SpawnedDaemon;

  private constructor(root: string, client: HostClient, daemon: SpawnedDaemon, readyMs: number, answerMs: number) {
    this.root = root;
    this.client = client;
    this.readyMs = readyMs;
    this.answerMs = answerMs;
    this.#daemon = daemon;
  }

  /** @param root default: a new temporary one */
  static async start(root?: string): Promise<HostProcess> {
    const directory = root ?? (await mkdtemp("/var/tmp/left4me-bench-"));
    const began = performance.now();
    const daemon = spawnDaemon({ root: directory, program: bundledDaemon(), logLevel: "warn" });
    const client = createHostClient({ address: daemon.address });
    const readyMs = (await daemon.listening) - began;
    await client.host.getHost({});
    return new HostProcess(directory, client, daemon, readyMs, performance.now() - began);
  }

  /** Resident memory in MB (10^6 bytes). */
  residentMb(): number {
    return residentMb(this.#daemon.pid);
  }

  /** Ends the daemon; games go on. */
  async end(): Promise<void> {
    this.client.close();
    await this.#daemon.end();
  }

  /** Removes every instance, ends the daemon and removes the root. */
  async destroy(): Promise<void> {
    const { instances } = await this.client.instances.listInstances({});
    for (const { name } of instances) await this.client.instances.deleteInstance({ name });
    await this.end();
    await rm(this.root, { recursive: true, force: true });
  }
}
