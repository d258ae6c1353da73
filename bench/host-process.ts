import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHostClient, type HostClient } from "../src/client/index.ts";

const project = fileURLToPath(new URL("..", import.meta.url));
const bundle = join(project, "dist/bundle/left4me-hostd.js");

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
  readonly #child: ChildProcess;

  private constructor(root: string, child: ChildProcess, readyMs: number) {
    this.root = root;
    this.client = createHostClient({ address: `unix:${join(root, "hostd.sock")}` });
    this.readyMs = readyMs;
    this.#child = child;
  }

  /** @param root default: a new temporary one */
  static async start(root?: string): Promise<HostProcess> {
    const directory = root ?? (await mkdtemp("/var/tmp/left4me-bench-"));
    const began = performance.now();
    const child = spawn(process.execPath, [bundledDaemon(), "--root", directory, "--driver", "embedded", "--log-level", "warn"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once("data", () => resolve());
      child.once("exit", (code) => reject(new Error(`the daemon exited with code ${code}`)));
    });
    return new HostProcess(directory, child, performance.now() - began);
  }

  /** Resident memory in MB (10^6 bytes). */
  async residentMb(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, "utf8");
    return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
  }

  /** Ends the daemon; games go on. */
  async end(): Promise<void> {
    this.client.close();
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await ended;
  }

  /** Removes every instance, ends the daemon and removes the root. */
  async destroy(): Promise<void> {
    const { instances } = await this.client.instances.listInstances({});
    for (const { name } of instances) await this.client.instances.deleteInstance({ name });
    await this.end();
    await rm(this.root, { recursive: true, force: true });
  }
}
