import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type SpawnedDaemon, spawnDaemon } from "../../../scripts/spawn-daemon.ts";
import { listTree, packTree } from "../../../src/cli/input/pack-directory.ts";
import {
  asHostFailure,
  createHostClient,
  type HostClient,
  type HostErrorReason,
  type HostFailure,
  importBuild,
  importOverlay,
} from "../../../src/client/index.ts";
import { freeUdpPort } from "../../fixtures/free-udp-port.ts";
import { tarOf } from "../../unit/host/unpack/tar.ts";
import { eventually } from "../eventually.ts";

const standIn = fileURLToPath(new URL("../../../standin/tree", import.meta.url));

/** Whose names or contents tell whether anything was lost or left half-made. */
const keptWhole = ["instances", "overlays", "overlay-versions", "layers", "builds"];
const keptNames = ["runtime", "runtime/.archives", "embedded", "tmp"];

/**
 * A real daemon in a process of its own, with a build, an overlay, the running instance `running` and the stopped instance
 * `stopped`, which has an archive. Whatever is done to the host, {@link GuardedHost.unharmed} tells whether they are what they were.
 */
export class GuardedHost {
  readonly root: string;
  readonly client: HostClient;
  /** The archive of `stopped`. */
  archiveId = "";
  readonly #env: Readonly<Record<string, string>>;
  #daemon: SpawnedDaemon | undefined;
  #seen: readonly string[] = [];

  private constructor(root: string, env: Readonly<Record<string, string>>) {
    this.root = root;
    this.#env = env;
    this.client = createHostClient({ address: `unix:${join(root, "hostd.sock")}` });
  }

  /** @param prepare is given the root, which is empty, before the daemon starts @param env tells the daemon's variables */
  static async open(
    prepare: (root: string) => void = () => {},
    env: (root: string) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<GuardedHost> {
    const root = await mkdtemp("/var/tmp/left4me-guarded-"); // no overlay, unlike /tmp in some containers
    prepare(root);
    const host = new GuardedHost(root, env(root));
    try {
      await host.start();
      await host.#furnish();
      return host;
    } catch (error) {
      await host.close().catch(() => {}); // a daemon that is left would keep the file's process from ending
      throw error;
    }
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  get socketPath(): string {
    return join(this.root, "hostd.sock");
  }

  /** Starts a daemon on the root; the one before has ended. */
  async start(): Promise<void> {
    this.#daemon = spawnDaemon({ root: this.root, logLevel: "error", messages: "keep", env: this.#env });
    await this.#daemon.opened();
  }

  /** Ends the daemon, does something while there is none, and starts the next. @param signal default: as a crash ends it */
  async reopen(meanwhile: () => unknown = () => {}, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.#daemon?.end(signal);
    await meanwhile();
    await this.start();
  }

  /** Remembers how things are: what {@link unharmed} compares with. */
  async remember(): Promise<void> {
    const { instances } = await this.client.instances.listInstances({});
    // How a game ended is written down behind the answer to its stop.
    for (const { name, uid, status } of instances.filter((instance) => instance.status?.lastExit !== undefined)) {
      const report = join(this.root, "instances", name, `exit.${uid}.json`);
      const kept = () => existsSync(report) && JSON.parse(readFileSync(report, "utf8")).invocationId;
      assert.equal(await eventually(kept, status?.lastExit?.invocationId), status?.lastExit?.invocationId);
    }
    this.#seen = await this.#look();
  }

  /**
   * The daemon answers, the others are what they were, and nothing is left beside them.
   *
   * @param except an instance that may have changed
   */
  async unharmed({ message, except }: { readonly message?: string; readonly except?: string } = {}): Promise<void> {
    await this.client.host.getHost({});
    const isOthers = (line: string) => !line.startsWith(`${except} `) && !line.startsWith(`instances/${except}/`);
    let differences = await this.#differences(isOthers);
    const deadline = performance.now() + 60_000;
    while (differences.length > 0 && performance.now() < deadline) {
      await sleep(10); // what is discarded is deleted in the background
      differences = await this.#differences(isOthers);
    }
    assert.deepEqual(differences, [], message);
  }

  async #differences(isOthers: (line: string) => boolean): Promise<string[]> {
    const seen = await this.#look();
    const gone = without(this.#seen, seen).filter(isOthers);
    return [
      ...gone.map((line) => `- ${line}`),
      ...without(seen, this.#seen)
        .filter(isOthers)
        .map((line) => `+ ${line}`),
    ];
  }

  /** Removes what a test that failed has left, so that the next one starts afresh. */
  async tidy(): Promise<void> {
    const { instances } = await this.client.instances.listInstances({});
    for (const { name } of instances)
      if (name !== "running" && name !== "stopped") await this.client.instances.deleteInstance({ name }).catch(() => {});
  }

  /** Removes every instance, the daemon and the root. @param unprepare undoes what `prepare` did */
  async close(unprepare: (root: string) => void = () => {}): Promise<void> {
    const { instances } = await this.client.instances.listInstances({}).catch(() => ({ instances: [] }));
    for (const { name } of instances) await this.client.instances.deleteInstance({ name }).catch(() => {});
    this.client.close();
    await this.#daemon?.end();
    unprepare(this.root);
    await rm(this.root, { recursive: true, force: true });
  }

  /** An instance of the test's own; `remove` is for its end. */
  async extra(name: string, spec: object = {}): Promise<{ readonly port: number; remove(): Promise<void> }> {
    const port = await freeUdpPort();
    await this.client.instances.initializeInstance({ name, spec: { port, ...spec } });
    return {
      port,
      remove: async () => {
        await this.client.instances.deleteInstance({ name });
      },
    };
  }

  async #furnish(): Promise<void> {
    const { instances } = this.client;
    await importBuild(this.client, packTree(standIn, await listTree(standIn)));
    await importOverlay(this.client, "kept/overlay", tinyArchive("kept"));
    const overlays = [{ ref: "kept/overlay" }];
    for (const name of ["running", "stopped"])
      await instances.initializeInstance({ name, spec: { port: await freeUdpPort(), overlays, config: ['hostname "kept"'] } });
    for (const name of ["running", "stopped"]) await instances.startInstance({ name });
    this.archiveId = (await instances.resetInstance({ name: "stopped", archive: true })).archiveId;
    assert.notEqual(this.archiveId, "");
    await this.remember();
  }

  async #look(): Promise<string[]> {
    const { instances } = await this.client.instances.listInstances({});
    const views = instances.map(({ name, uid, etag, desiredState, status }) =>
      [name, uid, etag, desiredState, status?.state, status?.invocationId, status?.mainPid, status?.restarts].join(" "),
    );
    const names = await Promise.all(keptNames.map(async (path) => `${path}: ${(await listOrNothing(join(this.root, path))).join(" ")}`));
    const contents = await Promise.all(keptWhole.map((path) => digestOf(join(this.root, path), path)));
    return [...views, ...names, ...contents.flat()];
  }
}

/** An archive with one file. */
export async function* tinyArchive(content: string): AsyncGenerator<Uint8Array> {
  yield tarOf({ name: "left4dead2/motd.txt", content });
}

/** Expects a call to be refused for a reason, in words: what was found must stand in the message. */
export async function refused(call: Promise<unknown>, reason: HostErrorReason, message = /./): Promise<HostFailure> {
  const failure = await failureOf(call);
  assert.equal(failure?.reason, reason, failure?.message);
  assert.match(failure.message, message);
  return failure;
}

/** The failure of a call as the host tells it; undefined when it succeeds. Fails for an error that no host has told. */
export async function failureOf(call: Promise<unknown>): Promise<HostFailure | undefined> {
  return await call.then(
    () => undefined,
    (error: unknown) => asHostFailure(error) ?? Promise.reject(error),
  );
}

/** Reads a stream to its end. */
export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  return lines.filter((line) => !others.includes(line));
}

async function listOrNothing(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(() => [])).sort();
}

/** A line for everything below a path: its name, and the digest of what it holds. */
async function digestOf(path: string, name: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [`${name} ${sha256(await readFile(path).catch(() => ""))}`];
  const lines = await Promise.all(
    entries.map(async (entry): Promise<string[]> => {
      const [inner, shown] = [join(path, entry.name), `${name}/${entry.name}`];
      if (entry.isDirectory()) return [`${shown}/`, ...(await digestOf(inner, shown))];
      if (entry.isSymbolicLink()) return [`${shown} -> ${await readlink(inner)}`];
      return entry.isFile() ? await digestOf(inner, shown) : [`${shown} is special`];
    }),
  );
  return lines.flat().sort();
}

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}
