import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type HostLayout, hostLayout } from "../../../src/domain/host-layout.ts";
import { isOver } from "../../../src/domain/install-job.ts";
import type { Caller, HostApi, InstallRequest } from "../../../src/host/api.ts";
import { openHost } from "../../../src/host/open-host.ts";
import { type RawEntry, tarOf, uploadOf } from "../../unit/host/unpack/tar.ts";
import { Faults } from "./faults.ts";
import { faultyDisk } from "./faulty-disk.ts";
import { FaultyDriver } from "./faulty-driver.ts";
import { FaultyRunner } from "./faulty-runner.ts";

const never = new AbortController().signal;
const caller: Caller = { identity: "test", signal: never };
/** Where writing through costs nothing; what matters here is the order of calls. */
const scratchPlace = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A host of which any step on the disk or at the driver may fail. One at a time: it replaces functions of Node.js. */
export class FaultyWorld {
  readonly faults = new Faults();
  readonly driver: FaultyDriver;
  readonly runner: FaultyRunner;
  readonly layout: HostLayout;
  readonly #base: string;
  #host: HostApi | undefined;
  #restore = () => {};

  private constructor(base: string) {
    this.#base = base;
    this.runner = new FaultyRunner(join(base, "installer"), this.faults);
    this.driver = new FaultyDriver(this.faults, this.runner);
    this.layout = hostLayout(join(base, "root"));
  }

  static async create(): Promise<FaultyWorld> {
    const world = new FaultyWorld(await mkdtemp(join(scratchPlace, "left4me-faults-")));
    await mkdir(world.layout.root);
    world.#restore = await faultyDisk(world.layout.root, world.faults);
    await world.open();
    return world;
  }

  get host(): HostApi {
    if (this.#host === undefined) throw new Error("the host is closed");
    return this.#host;
  }

  /** A new daemon on the same root, and the end of what it does again. */
  async open(): Promise<void> {
    await this.#host?.close();
    const { driver, layout } = this;
    this.#host = await openHost({
      root: layout.root,
      driver,
      version: "test",
      probe: async ({ name }) => driver.isReady(name),
      keepBuilds: 1,
    });
    await this.settled();
  }

  /** Waits until nothing is being done any more. */
  async settled(): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (performance.now() < deadline) {
      await sleep(2);
      const { job } = this.host.installation();
      const isHeld = this.host.list({ names: [], labels: {}, states: [] }).instances.some(({ status }) => status.operation !== undefined);
      if (!isHeld && (job === undefined || isOver(job))) return;
    }
    throw new Error("the host does not come to rest");
  }

  async end(): Promise<void> {
    this.faults.disarm();
    await this.#host?.close();
    this.#restore();
    await rm(this.#base, { recursive: true, force: true });
  }

  initialize(name: string, port: number, preserve: string[] = []) {
    const request = { name, spec: { port, preserve }, labels: {}, etag: "", validateOnly: false, createOnly: false };
    return this.host.initialize(request, caller);
  }

  start = (name: string) => this.host.start({ name, etag: "", waitFor: "ACTIVE" }, caller);
  restart = (name: string) => this.host.restart({ name, etag: "", waitFor: "ACTIVE" }, caller);
  stop = (name: string) => this.host.stop({ name, etag: "" }, caller);
  reset = (name: string, archive = false) => this.host.reset({ name, etag: "", archive }, caller);
  delete = (name: string) => this.host.delete({ name, etag: "" }, caller);

  /** Puts the oldest archive back. */
  async restoreOldest(name: string) {
    const archiveId = (await this.host.archives(name)).at(-1)?.id ?? "";
    return this.host.restoreArchive({ name, etag: "", archiveId }, caller);
  }

  /** Removes the oldest archive; where there is none, one that is missing. */
  async deleteOldestArchive(name: string) {
    const archiveId = (await this.host.archives(name)).at(-1)?.id ?? "20261129T101500Z-1a2b";
    return this.host.deleteArchive({ name, etag: "", archiveId }, caller);
  }

  importBuild(text: string, activate = true) {
    const entries: RawEntry[] = [
      { name: "srcds_run", mode: 0o755, content: "#!/bin/sh\n" },
      { name: "text", content: text },
    ];
    return this.host.importBuild(uploadOf(tarOf(...entries)), activate, never);
  }

  importOverlay(ref: string, text: string) {
    return this.host.importOverlay(ref, uploadOf(tarOf({ name: "left4dead2/text", content: text })), never);
  }

  /** Installs a game of this text; the installer succeeds, if it is ever started. */
  async install(text: string): Promise<void> {
    const request: InstallRequest = { validate: false, keepActiveBuild: false, bootstrap: false, jobId: "", afterSequence: 0 };
    const before = this.runner.starts.length;
    let isDone = false;
    const following = (async () => {
      for await (const _ of this.host.install(request, caller));
    })().finally(() => {
      isDone = true;
    });
    following.catch(() => {}); // awaited below
    while (!isDone && this.runner.starts.length === before) await sleep(1);
    await sleep(2);
    const game = { srcds_run: "#!/bin/sh\n", srcds_linux: "#!/bin/sh\n" };
    if (!isDone) await this.runner.succeed({ ...game, [`file-${text}`]: text }, [...Object.keys(game), ...this.#installed, `file-${text}`]);
    this.#installed.add(`file-${text}`);
    await following;
  }

  readonly #installed = new Set<string>();

  /** What callers, and the driver, see: each thing by its name. */
  async view(): Promise<Readonly<Record<string, unknown>>> {
    const { instances } = this.host.list({ names: [], labels: {}, states: [] });
    const builds = this.host.builds();
    const overlays = await this.host.overlays(never);
    return {
      ...Object.assign(
        {},
        ...instances.map(({ name, spec, desiredState, status }) => ({
          [`${name}: specification`]: spec.port,
          [`${name}: wish`]: desiredState,
          [`${name}: state`]: status.state,
          [`${name}: what it wrote`]: this.driver.texts.get(name)?.split(";")[0],
          [`${name}: archives`]: this.driver.kept.get(name)?.size ?? 0,
          [`${name}: build`]: status.buildId,
        })),
      ),
      instances: instances.map(({ name }) => name).join(" "),
      builds: builds
        .map(({ id, layerCount }) => `${id}/${layerCount}`)
        .toSorted()
        .join(" "),
      "active build": builds.find(({ active }) => active)?.id,
      overlays: overlays.map(({ ref, version }) => `${ref}=${version}`).join(" "),
    };
  }

  /**
   * Unfinished things of which nobody knows; with `isOpened` also what only a new daemon can tell to be nobody's. What is
   * discarded is deleted in the background, and waited for.
   */
  async leftovers(isOpened: boolean): Promise<string[]> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const found = await this.#leftNow(isOpened).catch((error: NodeJS.ErrnoException) => [error]);
      if (found.length === 0 || performance.now() > deadline) return found.map(String);
      await sleep(10);
    }
  }

  /** What is written down as begun. */
  async intents(): Promise<string[]> {
    const found: string[] = [];
    for (const name of await readdir(this.layout.instances)) {
      const record = JSON.parse(await readFile(this.layout.record(name), "utf8")) as { intent?: string };
      if (record.intent !== undefined) found.push(`${name}: the intent ${record.intent}`);
    }
    return found;
  }

  async #leftNow(isOpened: boolean): Promise<string[]> {
    const { root, tmp, builds, layers, overlayVersions } = this.layout;
    const all = await readdir(root, { recursive: true });
    const found = all.filter((path) => /(^|\/)(~left4me-|\.tmp-)/.test(path)).map((path) => `unfinished: ${path}`);
    found.push(...(await readdir(tmp)).map((name) => `in tmp/: ${name}`));
    if ((await readdir(layers)).some((name) => name.startsWith(".written"))) found.push("what an installer wrote");
    if (!isOpened) return found;
    const manifests = (await readdir(builds)).filter((name) => name.endsWith(".json"));
    const texts = await Promise.all(manifests.map((name) => readFile(join(builds, name), "utf8")));
    const named = new Set(texts.flatMap((text) => (JSON.parse(text) as { layers: string[] }).layers));
    found.push(...(await readdir(layers)).filter((name) => !named.has(name)).map((name) => `layer of no build: ${name}`));
    const linked = (await this.host.overlays(never)).map(({ version }) => version);
    const versions = (await readdir(overlayVersions)).filter((name) => !linked.includes(name.replace(/\.json$/, "")));
    found.push(...versions.map((name) => `version of no overlay: ${name}`));
    return [...found, ...(await this.intents())];
  }
}
