import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type SpawnDaemonOptions, type SpawnedDaemon, spawnDaemon } from "../../scripts/spawn-daemon.ts";
import { listTree, packTree } from "../../src/cli/input/pack-directory.ts";
import { createHostClient, type HostClient, importBuild, type UploadSource } from "../../src/client/index.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

type HowToSpawn = Pick<SpawnDaemonOptions, "program" | "env">;

/** A daemon in a process of its own below a temporary root, that can be killed and started again. */
export class DaemonUnderTest {
  readonly root: string;
  readonly address: string;
  readonly client: HostClient;
  readonly #how: HowToSpawn;
  #daemon: SpawnedDaemon | undefined;

  private constructor(root: string, how: HowToSpawn) {
    this.root = root;
    this.#how = how;
    this.address = `unix:${join(root, "hostd.sock")}`;
    this.client = createHostClient({ address: this.address });
  }

  /**
   * Makes a root below /var/tmp, which is no overlay in containers, starts the daemon and imports a build.
   *
   * @param build default: the stand-in game
   * @param how which program, with which variables besides ours
   */
  static async create(build?: UploadSource, how: HowToSpawn = {}): Promise<DaemonUnderTest> {
    const daemon = new DaemonUnderTest(await mkdtemp("/var/tmp/left4me-evidence-"), how);
    await daemon.start();
    await importBuild(daemon.client, build ?? (await standIn()));
    return daemon;
  }

  /** The present daemon's process. */
  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  /** Starts the daemon and waits until its host is open: what is asked of it is then really under way when it is killed. */
  async start(): Promise<void> {
    this.#daemon = spawnDaemon({ root: this.root, logLevel: "warn", ...this.#how });
    await this.#daemon.opened();
  }

  /** kill -9, and the end of the process. */
  async kill(): Promise<void> {
    await this.#daemon?.end("SIGKILL");
  }

  /** Removes every instance, the daemon and the root. */
  async destroy(): Promise<void> {
    const { instances } = await this.client.instances.listInstances({});
    await Promise.all(instances.map(({ name }) => this.client.instances.deleteInstance({ name })));
    this.client.close();
    await this.#daemon?.end();
    await rm(this.root, { recursive: true, force: true });
  }
}

async function standIn(): Promise<UploadSource> {
  const tree = join(project, "standin/tree");
  return packTree(tree, await listTree(tree));
}
