import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type HostLayout, hostLayout } from "../../../../src/domain/host-layout.ts";
import { type InstanceSpecInput, instanceSpecSchema } from "../../../../src/domain/instance-spec.ts";
import { type GenerationInput, GenerationStore } from "../../../../src/host/generations/generation-store.ts";
import { OverlayStore } from "../../../../src/host/overlays/overlay-store.ts";
import { CrashRecorder } from "../unpack/crash-recorder.ts";
import { hostError, scratch } from "../unpack/scratch.ts";
import { type RawEntry, tarOf, uploadOf } from "../unpack/tar.ts";

const cfg = "left4dead2/cfg/server.cfg";

test("a generation holds the configuration layer, the aliases, the arguments and the layers", async (context) => {
  const { layout, overlays, store } = await opened(context);
  await imported(overlays, "top", { name: cfg, content: "// top\n" });
  await imported(overlays, "middle", { name: "left4dead2/addons/x", content: "" });
  await imported(overlays, "bottom", { name: cfg, content: "// bottom\n" });
  const spec: InstanceSpecInput = {
    port: 27020,
    overlays: [{ ref: "top", alias: "t" }, { ref: "middle" }, { ref: "bottom", alias: "b" }],
    arguments: ["+map", "c1m1_hotel", "two words", ""],
    config: ['hostname "My server"', 'alias x "say a; say b"'],
  };
  const generation = await store.publish("one", await input(layout, overlays, spec));
  const versions = await overlays.resolveAll(["top", "middle", "bottom"]);
  const directory = layout.generation("one", 1);
  assert.deepEqual(generation, {
    number: 1,
    layers: [join(directory, "layer"), ...versions.map((overlay) => overlay.directory), layout.layer("b0"), layout.layer("b1")],
    argv: [
      "./srcds_run",
      "-game",
      "left4dead2",
      "-strictportbind",
      "-norestart",
      "+hostport",
      "27020",
      "+map",
      "c1m1_hotel",
      "two words",
      "",
    ],
    managedFiles: [cfg, "left4dead2/cfg/server_t.cfg", "left4dead2/cfg/server_b.cfg"],
    serverCfg: 'exec server_b.cfg\nexec server_t.cfg\nhostname "My server"\nalias x "say a; say b"\n',
    exposed: ["t", "b"],
    port: 27020,
    buildId: "b0",
    overlays: versions.map(({ ref, version }) => ({ ref, version })),
    warnings: [],
  });
  assert.deepEqual(await store.load("one", 1), generation);
  assert.equal(await readFile(join(directory, "layer", cfg), "utf8"), generation.serverCfg);
  assert.equal(await readFile(join(directory, "layer/left4dead2/cfg/server_b.cfg"), "utf8"), "// bottom\n");
  assert.equal(await readFile(join(directory, "argv"), "utf8"), generation.argv.map((element) => `${element}\0`).join(""));
  assert.equal(
    await readFile(join(directory, "layers"), "utf8"),
    generation.layers.map((layer) => `${layer.slice(layout.root.length + 1)}\n`).join(""),
  );
  assert.equal((await stat(join(directory, "layer/left4dead2/cfg"))).mode & 0o7777, 0o775);
  assert.equal((await stat(join(directory, "layer", cfg))).mode & 0o7777, 0o664);
});

test("server.cfg is written also when it is empty, and without a build", async (context) => {
  const { layout, overlays, store } = await opened(context);
  const generation = await store.publish("one", { ...(await input(layout, overlays, { port: 1 })), buildId: "", buildLayers: [] });
  assert.equal(await readFile(join(layout.generation("one", 1), "layer", cfg), "utf8"), "");
  assert.deepEqual([generation.managedFiles, generation.exposed, generation.layers.length], [[cfg], [], 1]);
});

test("the same content is the same generation and writes nothing; any difference is the next one", async (context) => {
  const { layout, overlays, store } = await opened(context);
  await mkdir(layout.overlay("hand/left4dead2/cfg"), { recursive: true });
  await writeFile(join(layout.overlay("hand"), cfg), "1");
  const base: InstanceSpecInput = { port: 1, overlays: [{ ref: "hand", alias: "h" }] };
  const publish = async (spec: InstanceSpecInput, changes: Partial<GenerationInput> = {}) =>
    (await store.publish("one", { ...(await input(layout, overlays, spec)), ...changes })).number;
  assert.deepEqual([await publish(base), await publish(base)], [1, 1]);
  await writeFile(join(layout.overlay("hand"), cfg), "2");
  assert.equal((await store.preview("one", await input(layout, overlays, base))).number, 2);
  assert.deepEqual(await readdir(layout.generations("one")), ["1"]);
  assert.deepEqual([await publish(base), await publish(base)], [2, 2]);
  const steps = [
    await publish({ ...base, port: 2 }),
    await publish({ ...base, config: ["a"] }),
    await publish({ ...base, arguments: ["a"] }),
    await publish({ ...base, resources: { tasksMax: 5 } }),
    await publish({ ...base, overlays: [{ ref: "hand" }] }),
    await publish(base, { buildId: "b1" }),
    await publish(base, { buildLayers: [layout.layer("b9")] }),
  ];
  assert.deepEqual(steps, [3, 4, 5, 6, 7, 8, 9]);
});

test("a preview tells the configuration files and writes nothing", async (context) => {
  const { layout, overlays, store } = await opened(context);
  await imported(overlays, "a", { name: cfg, content: "// a\n" });
  const preview = await store.preview(
    "one",
    await input(layout, overlays, { port: 1, overlays: [{ ref: "a", alias: "x" }], config: ["c"] }),
  );
  assert.deepEqual(
    preview.configs.map(({ path, content, overlayRef }) => [path, Buffer.from(content).toString(), overlayRef]),
    [
      [cfg, "exec server_x.cfg\nc\n", ""],
      ["left4dead2/cfg/server_x.cfg", "// a\n", "a"],
    ],
  );
  assert.equal(preview.number, 1);
  await assert.rejects(stat(layout.instances), { code: "ENOENT" });
});

type Prepare = (directory: string, outside: string) => Promise<unknown>;
const traps: readonly (readonly [what: string, problem: RegExp, prepare: Prepare])[] = [
  ["is missing", /has no left4dead2\/cfg\/server.cfg/, async () => {}],
  ["is a link out of the overlay", /leads out/, (directory, outside) => symlink(outside, join(directory, cfg))],
  ["is a link to /dev/zero", /leads out/, (directory) => symlink("/dev/zero", join(directory, cfg))],
  ["is a loop of links", /loop/, (directory) => symlink("server.cfg", join(directory, cfg))],
  ["is a FIFO", /not a regular file/, async (directory) => execFileSync("mkfifo", [join(directory, cfg)])],
  ["is a directory", /not a regular file/, (directory) => mkdir(join(directory, cfg))],
  ["is larger than 1 MiB", /larger than 1048576/, (directory) => writeFile(join(directory, cfg), Buffer.alloc(2 ** 20 + 1))],
  [
    "lies in a directory that is a link out of the overlay",
    /leads out/,
    async (directory, outside) => {
      await rm(join(directory, "left4dead2/cfg"), { recursive: true });
      await mkdir(join(outside, "../cfg"));
      await writeFile(join(outside, "../cfg/server.cfg"), "secret");
      await symlink(join(outside, "../cfg"), join(directory, "left4dead2/cfg"));
    },
  ],
];

for (const [what, problem, prepare] of traps) {
  test(`an alias whose server.cfg ${what} is a warning and exposes nothing`, { timeout: 60_000 }, async (context) => {
    const { layout, overlays, store } = await opened(context);
    const outside = join(await scratch(context), "secret");
    await writeFile(outside, "secret");
    await mkdir(join(layout.overlay("hand"), "left4dead2/cfg"), { recursive: true });
    await prepare(layout.overlay("hand"), outside);
    const generation = await store.publish("one", await input(layout, overlays, { port: 1, overlays: [{ ref: "hand", alias: "h" }] }));
    assert.deepEqual(
      generation.warnings.map(({ code, field }) => [code, field]),
      [["NO_SERVER_CFG", "spec.overlays[0].alias"]],
    );
    assert.match(generation.warnings[0]?.message ?? "", problem);
    assert.deepEqual([generation.exposed, generation.managedFiles], [[], [cfg]]);
    assert.deepEqual(await readdir(join(layout.generation("one", 1), "layer/left4dead2/cfg")), ["server.cfg"]);
  });
}

test("an overlay that was swapped for a link after it was resolved is not read", async (context) => {
  const { layout, overlays, store } = await opened(context);
  const outside = await scratch(context);
  for (const directory of [outside, layout.overlay("hand")]) {
    await mkdir(join(directory, "left4dead2/cfg"), { recursive: true });
    await writeFile(join(directory, cfg), directory === outside ? "secret" : "own");
  }
  const resolved = await input(layout, overlays, { port: 1, overlays: [{ ref: "hand", alias: "h" }] });
  await rm(layout.overlay("hand"), { recursive: true });
  await symlink(outside, layout.overlay("hand"));
  const { exposed, warnings } = await store.preview("one", resolved);
  assert.deepEqual([exposed, warnings.length], [[], 1]);
});

test("a link inside the overlay may be the server.cfg", async (context) => {
  const { layout, overlays, store } = await opened(context);
  await imported(overlays, "a", { name: "left4dead2/cfg/real.cfg", content: "// real\n" }, { name: cfg, type: "2", link: "real.cfg" });
  await store.publish("one", await input(layout, overlays, { port: 1, overlays: [{ ref: "a", alias: "x" }] }));
  assert.equal(await readFile(join(layout.generation("one", 1), "layer/left4dead2/cfg/server_x.cfg"), "utf8"), "// real\n");
});

test("collect keeps the latest and what it is told, and numbers are not used again", async (context) => {
  const { layout, overlays, store } = await opened(context);
  for (const port of [1, 2, 3, 4]) await store.publish("one", await input(layout, overlays, { port }));
  assert.deepEqual(await store.collect("one", new Set([2])), [1, 3]);
  assert.deepEqual((await readdir(layout.generations("one"))).sort(), ["2", "4"]);
  assert.equal((await store.publish("one", await input(layout, overlays, { port: 5 }))).number, 5);
  assert.deepEqual(await store.collect("unknown", new Set()), []);
});

test("a damaged or missing generation is STATE_DAMAGED, and the next one takes its place", async (context) => {
  const { layout, overlays, store } = await opened(context);
  const wanted = await input(layout, overlays, { port: 1 });
  await store.publish("one", wanted);
  await assert.rejects(store.load("one", 7), hostError("STATE_DAMAGED", /missing/));
  await rm(join(layout.generation("one", 1), "argv"));
  await assert.rejects(store.load("one", 1), hostError("STATE_DAMAGED"));
  assert.equal((await store.publish("one", wanted)).number, 2);
});

test("killed or failing at any step, there is the old generation or the new one", async (context) => {
  const crashes = await CrashRecorder.begin(context);
  let failing = "";
  const { layout, overlays, store } = await opened(context, async (step, root) => {
    await crashes.record(step, root);
    if (step === failing) throw new Error(`failed at ${step}`);
  });
  await store.publish("one", await input(layout, overlays, { port: 1 }));
  await store.publish("one", await input(layout, overlays, { port: 2 }));
  const expected = [undefined, undefined, 1, 1];
  for (const [index, root] of crashes.roots.entries()) {
    const found = hostLayout(root);
    const survivor = new GenerationStore(found, undefined);
    assert.equal(await survivor.latest("one"), expected[index]);
    const next = await survivor.publish("one", await input(found, await OverlayStore.open(found, undefined), { port: 3 }));
    assert.equal(next.number, (expected[index] ?? 0) + 1);
    assert.ok((await readdir(found.generations("one"))).every((name) => /^\d+$/.test(name)));
  }
  for (failing of ["write the generation", "rename the generation"]) {
    await assert.rejects(store.publish("one", await input(layout, overlays, { port: 9 })), /failed at/);
    assert.deepEqual((await readdir(layout.generations("one"))).sort(), ["1", "2"]);
  }
});

test("the configuration layer gets its owner", { skip: process.getuid?.() !== 0 && "needs root" }, async (context) => {
  const { layout, overlays } = await opened(context);
  const store = new GenerationStore(layout, { uid: -1, gid: 12345 });
  await store.publish("one", await input(layout, overlays, { port: 1 }));
  for (const path of ["layer", "layer/left4dead2", "layer/left4dead2/cfg", `layer/${cfg}`]) {
    assert.equal((await stat(join(layout.generation("one", 1), path))).gid, 12345, path);
  }
});

async function opened(context: TestContext, atStep: (step: string, layout: HostLayout) => void | Promise<void> = () => {}) {
  const layout = hostLayout(await scratch(context));
  const overlays = await OverlayStore.open(layout, undefined);
  return { layout, overlays, store: new GenerationStore(layout, undefined, { atStep: (step) => atStep(step, layout) }) };
}

async function imported(overlays: OverlayStore, ref: string, ...entries: RawEntry[]): Promise<void> {
  await overlays.importArchive(ref, uploadOf(tarOf(...entries)), new AbortController().signal);
}

async function input(layout: HostLayout, overlays: OverlayStore, wanted: InstanceSpecInput): Promise<GenerationInput> {
  const spec = instanceSpecSchema.parse(wanted);
  return {
    spec,
    overlays: await overlays.resolveAll(spec.overlays.map(({ ref }) => ref)),
    buildId: "b0",
    buildLayers: [layout.layer("b0"), layout.layer("b1")],
  };
}
