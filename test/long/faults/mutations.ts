import type { FaultyWorld } from "./faulty-world.ts";

/** A mutation, every step of which is to fail once. */
export type Mutation = {
  readonly what: string;
  /** What is there before. */
  prepare(world: FaultyWorld): Promise<void>;
  act(world: FaultyWorld): Promise<unknown>;
  /** How many steps it has at least. Default: 4. */
  readonly steps?: number;
  /** Values between the old and the new one that a failure may leave, by what they are values of. */
  readonly between?: Readonly<Record<string, readonly unknown[]>>;
  /** Steps from this one on are those of other mutations. Default: none are. */
  readonly until?: string;
  /** What depends on how often it was tried: which older builds are still there. */
  readonly collected?: readonly string[];
  /** What may differ when the call is made again behind a failure. */
  readonly again?: readonly string[];
};

const stopped = async (world: FaultyWorld) => {
  await world.importBuild("one");
  await world.initialize("a", 27_000);
};

const running = async (world: FaultyWorld) => {
  await stopped(world);
  await world.start("a");
};

/** The mutations of one instance. */
export const instanceMutations: readonly Mutation[] = [
  { what: "initialize: a new one", prepare: stopped, act: (world) => world.initialize("b", 27_001) },
  { what: "initialize: another specification", prepare: running, act: (world) => world.initialize("a", 27_002) },
  { what: "start", prepare: stopped, act: (world) => world.start("a") },
  {
    what: "start with a new generation",
    async prepare(world) {
      await running(world);
      await world.stop("a");
      await world.importBuild("two");
    },
    act: (world) => world.start("a"),
  },
  { what: "stop", prepare: running, act: (world) => world.stop("a") },
  {
    what: "restart",
    async prepare(world) {
      await running(world);
      await world.importBuild("two");
    },
    act: (world) => world.restart("a"),
    between: { "a: state": ["STOPPED"], "a: build": [""] },
  },
  { what: "reset", prepare: running, act: (world) => world.reset("a") },
  {
    what: "reset with an archive",
    prepare: running,
    act: (world) => world.reset("a", true),
  },
  {
    what: "reset that preserves, with an archive",
    async prepare(world) {
      await world.importBuild("one");
      await world.initialize("a", 27_000, ["keep/**"]);
      await world.start("a");
    },
    act: (world) => world.reset("a", true),
    again: ["a: archives"],
  },
  {
    what: "restore of an archive",
    async prepare(world) {
      await running(world);
      await world.reset("a", true);
      await world.start("a");
      await world.stop("a");
    },
    act: (world) => world.restoreOldest("a"),
  },
  {
    what: "removal of an archive",
    async prepare(world) {
      await running(world);
      await world.reset("a", true);
      await world.start("a");
    },
    act: (world) => world.deleteOldestArchive("a"),
    steps: 1,
  },
  {
    what: "delete",
    prepare: running,
    act: (world) => world.delete("a"),
    // It is a stop, and then more.
    between: { "a: wish": ["STOPPED"], "a: state": ["STOPPED"], "a: build": [""] },
  },
];

/** The mutations of overlays and of imported builds. */
export const treeMutations: readonly Mutation[] = [
  { what: "import of the first build", prepare: async () => {}, act: (world) => world.importBuild("one") },
  { what: "import of a build", prepare: stopped, act: (world) => world.importBuild("two") },
  { what: "import of a build that is not activated", prepare: stopped, act: (world) => world.importBuild("two", false) },
  {
    what: "activate",
    async prepare(world) {
      await stopped(world);
      await world.importBuild("two", false);
    },
    act: async (world) =>
      world.host.activateBuild(world.host.builds().find(({ active }) => !active)?.id ?? world.host.activeBuild()?.id ?? ""),
    again: ["active build"],
  },
  {
    what: "delete of a build, and the collection of its layer",
    async prepare(world) {
      await stopped(world);
      await world.importBuild("two", false);
    },
    act: async (world) => world.host.deleteBuild(world.host.builds().find(({ active }) => !active)?.id ?? ""),
  },
  { what: "import of an overlay", prepare: stopped, act: (world) => world.importOverlay("maps/dark", "one") },
  {
    what: "import of another version of an overlay, and the collection of the old one",
    async prepare(world) {
      await stopped(world);
      await world.importOverlay("maps/dark", "one");
    },
    act: (world) => world.importOverlay("maps/dark", "two"),
  },
  {
    what: "delete of an overlay, and the collection of its version",
    async prepare(world) {
      await stopped(world);
      await world.importOverlay("maps/dark", "one");
    },
    act: (world) => world.host.deleteOverlay("maps/dark"),
  },
];

/** Installations. Of builds behind the newest only those in use stay, see `keepBuilds` of the world. */
export const installMutations: readonly Mutation[] = [
  { what: "the first installation", prepare: async () => {}, act: (world) => world.install("1") },
  {
    what: "an update",
    async prepare(world) {
      await world.install("1");
    },
    act: (world) => world.install("2"),
    collected: ["builds"],
  },
];

/** Updates of builds that have a past. */
export const updateMutations: readonly Mutation[] = [
  {
    what: "an update, and the collection of older builds",
    async prepare(world) {
      for (const text of ["1", "2"]) await world.install(text);
    },
    act: (world) => world.install("3"),
    collected: ["builds"],
  },
  {
    what: "an update of a build of eight layers, which is squashed",
    async prepare(world) {
      for (const text of ["1", "2", "3", "4", "5", "6", "7", "8"]) await world.install(text);
    },
    act: (world) => world.install("9"),
    until: "installer: start",
    collected: ["builds"],
  },
];
