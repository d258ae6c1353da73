import { instanceNotFound, notImplemented, shuttingDown } from "../../src/domain/failures.ts";
import { HostError } from "../../src/domain/host-error.ts";
import type { Instance } from "../../src/domain/instance.ts";
import { parseInstanceName } from "../../src/domain/instance-name.ts";
import { parseInstanceSpec } from "../../src/domain/instance-spec.ts";
import type { HostApi, LogEvent, WatchEvent } from "../../src/host/api.ts";

const epoch = new Date(1_700_000_000_123);

/** What a test may set before a call, and look at afterwards. */
export type FakeHost = HostApi & {
  /** Thrown by every mutation and by `explain` while set. */
  failure: unknown;
  /** Bytes of the last upload that ended well. */
  uploaded: number;
  /** Uploads that were broken off, with what they threw. */
  broken: unknown[];
  /** Bytes so far of the upload that began last. */
  received: number;
  /** Calls that the host is in the midst of: watches, followers, and starts of `slow`. */
  open: number;
  /** The identity of the last caller. */
  caller: string;
  /** Makes every follower yield batches as fast as it can. */
  flood: boolean;
  closed: boolean;
};

/** An instance as a host would show it. */
export function sampleInstance(name: string, port = 27015): Instance {
  return {
    name,
    uid: `uid-${name}`,
    etag: "etag-1",
    labels: { tier: "gold" },
    spec: parseInstanceSpec({
      port,
      overlays: [{ ref: "standard" }, { ref: "users/42/x", alias: "x" }],
      resources: { memoryMaxBytes: 2 ** 40 },
    }).spec,
    desiredState: "STOPPED",
    status: {
      state: "STOPPED",
      readiness: "NOT_APPLICABLE",
      drift: "NONE",
      activeState: "inactive",
      subState: "dead",
      result: "success",
      invocationId: "",
      mainPid: 0,
      stateChangeTime: epoch,
      restarts: 0,
      buildId: "",
      generation: 0,
      nextBuildId: "b1",
      nextGeneration: 1,
      pendingRestart: false,
      warnings: [],
    },
    createTime: epoch,
    updateTime: epoch,
    revision: 7,
  };
}

/** A host in memory that does what tests of the wire need, and no more. */
export function fakeHost(instances: readonly Instance[] = [sampleInstance("alpha"), sampleInstance("beta", 27016)]): FakeHost {
  const known = new Map(instances.map((instance) => [instance.name, instance]));
  const closing = new AbortController();
  const get = (name: string): Instance => {
    const instance = known.get(parseInstanceName(name));
    if (instance === undefined) throw instanceNotFound(name);
    return instance;
  };
  const changed = (name: string, identity: string) => {
    host.caller = identity;
    if (host.failure !== undefined) throw host.failure;
    return { instance: get(name), changed: true, warnings: [] };
  };
  const receive = async (chunks: AsyncIterable<Uint8Array>) => {
    host.received = 0;
    try {
      for await (const chunk of chunks) {
        if (host.failure !== undefined) throw host.failure;
        host.received += chunk.length;
      }
    } catch (error) {
      host.broken.push(error);
      throw error;
    }
    host.uploaded = host.received;
  };
  const untilAborted = async (signal: AbortSignal): Promise<never> => {
    host.open += 1;
    try {
      await aborted(signal);
      throw signal.reason;
    } finally {
      host.open -= 1;
    }
  };
  const build = { id: "b1", steamBuildId: "", active: true, publishTime: epoch, sizeBytes: 5, files: 1, layerCount: 1, usedBy: [] };
  const host: FakeHost = {
    failure: undefined,
    uploaded: -1,
    broken: [],
    received: 0,
    open: 0,
    caller: "",
    flood: false,
    closed: false,
    describe: async () => ({
      installsGame: false,
      diagnoses: false,
      id: "host-1",
      hostname: "test",
      version: "0.0.0",
      driver: {
        name: "fake",
        transport: "",
        isolation: false,
        restartsWithoutDaemon: false,
        startsAtBoot: false,
        enforcedLimits: ["NICE"],
        preserve: false,
        archives: false,
        volatile: false,
      },
      root: "/nowhere",
      startTime: epoch,
      disk: { totalBytes: 2 ** 50, freeBytes: 1 },
      load: {
        cpus: 2,
        loadAverages: [0.5, 1, 2],
        memoryTotalBytes: 1,
        memoryAvailableBytes: 1,
        instances: known.size,
        instancesRunning: 0,
      },
    }),
    diagnose: async () => {
      throw notImplemented("diagnose", "a diagnosis of itself");
    },
    initialize: async ({ name, spec, labels }, { identity }) => {
      host.caller = identity;
      parseInstanceSpec(spec, labels);
      return {
        instance: { ...sampleInstance(name), labels },
        warnings: [{ code: "NO_BUILD", message: "none" }],
        created: true,
        changed: true,
      };
    },
    get,
    list: ({ names }) => ({
      instances: [...known.values()].filter(({ name }) => names.length === 0 || names.includes(name)),
      watchCursor: `cursor-${known.size}`,
    }),
    async *watch({ afterCursor }, signal): AsyncGenerator<WatchEvent> {
      host.open += 1;
      try {
        yield { type: "hello", hostId: "host-1", resumed: afterCursor !== "", heartbeatSeconds: 15 };
        for (const instance of known.values()) yield { type: "change", change: "ADDED", instance, cursor: "", merged: 0 };
        yield { type: "bookmark", cursor: "c1" };
        await aborted(AbortSignal.any([signal, closing.signal]));
        if (closing.signal.aborted) throw shuttingDown();
      } finally {
        host.open -= 1;
      }
    },
    start: async ({ name }, { identity, signal }) => {
      if (name === "slow") await untilAborted(signal);
      return changed(name, identity);
    },
    stop: async ({ name }, { identity }) => changed(name, identity),
    restart: async ({ name }, { identity }) => changed(name, identity),
    reset: async ({ name }, { identity }) => ({ ...changed(name, identity), archiveId: "" }),
    delete: async () => ({ changed: false }),
    archives: async () => [],
    restoreArchive: async ({ name }, { identity }) => changed(name, identity),
    deleteArchive: async () => ({ changed: false }),
    explain: async (name) => {
      changed(name, "");
      const layers = [{ kind: "BUILD", overlayRef: "", buildId: "b1", version: "" }] as const;
      return { layers, argv: ["./srcds_run"], configs: [], warnings: [], files: [], filesTruncated: false };
    },
    async *logs({ name, follow }, signal): AsyncGenerator<LogEvent> {
      const { uid } = get(name);
      host.open += 1;
      try {
        yield { type: "hello", hostId: "host-1", uid, cursor: "l0", heartbeatSeconds: 15 };
        const entry = { position: "", cursor: "l1", time: epoch, timeEstimated: false, message: "line", invocationId: "", partial: false };
        yield { type: "batch", entries: [entry] };
        const full = Array.from({ length: 4 }, () => ({ ...entry, message: "x".repeat(60_000) }));
        while (host.flood && !signal.aborted) yield { type: "batch", entries: full };
        if (follow) await aborted(AbortSignal.any([signal, closing.signal]));
        if (closing.signal.aborted) throw shuttingDown();
      } finally {
        host.open -= 1;
      }
    },
    importBuild: async ({ chunks }) => {
      await receive(chunks);
      return { build, changed: true };
    },
    builds: () => [build],
    activeBuild: () => build,
    activateBuild: async (id) => {
      if (id === build.id) return { build, changed: false };
      throw new HostError("BUILD_NOT_FOUND", `there is no build "${id}"`, { metadata: { build: id } });
    },
    deleteBuild: async (id) => {
      if (id === build.id)
        throw new HostError("BUILD_IN_USE", `the build ${id} is the active one`, { metadata: { build: id, used_by: "" } });
      return { changed: false };
    },
    install: () => {
      throw notImplemented("install_game", "installing the game");
    },
    installation: () => ({ lines: [] }),
    cancelInstall: () => {
      throw notImplemented("install_game", "installing the game");
    },
    overlays: async () => ["a", "b", "c"].map((ref) => ({ ref, mutable: false, version: "sha256-0", usedBy: [], editedInUse: false })),
    importOverlay: async (ref, { chunks }) => {
      await receive(chunks);
      return { overlay: { ref, mutable: false, version: "sha256-0", usedBy: [], editedInUse: false }, changed: true };
    },
    deleteOverlay: async () => ({ changed: false }),
    close: async () => {
      host.closed = true;
      closing.abort();
    },
  };
  return host;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
