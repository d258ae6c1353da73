import assert from "node:assert/strict";
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type HostLayout, hostLayout } from "../../../../src/domain/host-layout.ts";
import { BuildStore } from "../../../../src/host/builds/build-store.ts";
import { CrashRecorder } from "../unpack/crash-recorder.ts";
import { hostError, scratch } from "../unpack/scratch.ts";
import { type RawEntry, tarOf, uploadOf } from "../unpack/tar.ts";

const never = new AbortController().signal;
const launcher: RawEntry = { name: "srcds_run", mode: 0o755, content: "#!/bin/sh\n" };
const manifest = (id: string): RawEntry => ({
  name: "steamapps/appmanifest_222860.acf",
  content: `"AppState"\n{\n\t"appid"\t\t"222860"\n\t"buildid"\t\t"${id}"\n}\n`,
});
const game = (id: string) => uploadOf(tarOf(launcher, manifest(id)));

test("the first build becomes active, later ones when asked to; the same content again changes nothing", async (context) => {
  const { layout, store } = await opened(context);
  assert.equal(store.active(), undefined);
  const first = await store.importArchive(game("100"), false, never);
  assert.deepEqual([first.changed, store.active()?.id], [true, first.id]);
  assert.match(first.id, /^b[0-9a-f]{15}$/);
  const second = await store.importArchive(game("200"), false, never);
  assert.deepEqual([second.changed, store.active()?.id], [true, first.id]);
  assert.deepEqual(await store.importArchive(game("200"), false, never), { id: second.id, changed: false });
  assert.deepEqual(await store.importArchive(game("200"), true, never), { id: second.id, changed: true });
  assert.deepEqual(await store.importArchive(game("200"), true, never), { id: second.id, changed: false });
  assert.equal(await store.activate(second.id), false);
  assert.equal(await store.activate(first.id), true);
  assert.deepEqual(
    store.list().map(({ id, steamBuildId, active, files }) => ({ id, steamBuildId, active, files })),
    [
      { id: second.id, steamBuildId: "200", active: false, files: 2 },
      { id: first.id, steamBuildId: "100", active: true, files: 2 },
    ],
  );
  assert.deepEqual(store.layersOf(first.id), [layout.layer(first.id)]);
  assert.equal(await readlink(layout.activeBuild), `${first.id}.json`);
  assert.equal(await readlink(layout.installation), `layers/${first.id}`);
  assert.equal((await stat(layout.layers)).mode & 0o777, 0o700);
  assert.equal((await stat(layout.layer(first.id))).mode & 0o777, 0o775);
  assert.deepEqual(await readdir(layout.tmp), []);
});

test("a new store knows what the old one published", async (context) => {
  const { layout, store } = await opened(context);
  await store.importArchive(game("100"), false, never);
  await store.importArchive(game("200"), true, never);
  const again = await BuildStore.open(layout, undefined);
  assert.deepEqual(again.list(), store.list());
  assert.deepEqual(again.active(), store.active());
  assert.deepEqual(again.problems, []);
});

test("content whose id another content has already is refused", async (context) => {
  const { layout, store } = await opened(context);
  const { id } = await store.importArchive(game("100"), false, never);
  const kept = await readFile(layout.build(id), "utf8");
  const other = JSON.stringify({ ...JSON.parse(kept), digest: `${id.slice(1)}${"0".repeat(49)}` });
  await writeFile(layout.build(id), other);
  const again = await BuildStore.open(layout, undefined);
  await assert.rejects(again.importArchive(game("100"), true, never), hostError("UPLOAD_REFUSED", /other content/));
  assert.equal(await readFile(layout.build(id), "utf8"), other);
  assert.deepEqual(await readdir(layout.tmp), []);
});

test("an unknown build is BUILD_NOT_FOUND", async (context) => {
  const { store } = await opened(context);
  await assert.rejects(store.activate("b000000000000000"), hostError("BUILD_NOT_FOUND"));
  assert.throws(() => store.layersOf("../x"), hostError("BUILD_NOT_FOUND"));
});

const refused: readonly (readonly [what: string, message: RegExp, ...entries: RawEntry[]])[] = [
  ["without srcds_run", /no srcds_run/, { name: "readme" }],
  ["with a srcds_run that is not executable", /not executable/, { ...launcher, mode: 0o644 }],
  ["with a srcds_run that is a link", /not a regular file/, { name: "bin", mode: 0o755 }, { name: "srcds_run", type: "2", link: "bin" }],
  ["with a srcds_run that is a directory", /not a regular file/, { name: "srcds_run/", type: "5" }],
  ["inside a single directory, which it names", /inside the directory "l4d2".*tar -C l4d2/, { ...launcher, name: "l4d2/srcds_run" }],
];

for (const [what, message, ...entries] of refused) {
  test(`refuses a build ${what}, and leaves nothing`, async (context) => {
    const { layout, store } = await opened(context);
    await assert.rejects(store.importArchive(uploadOf(tarOf(...entries)), true, never), hostError("UPLOAD_REFUSED", message));
    for (const directory of [layout.tmp, layout.layers, layout.builds]) assert.deepEqual(await readdir(directory), [], directory);
  });
}

test("a directory is published by moving it", async (context) => {
  const { layout, store } = await opened(context);
  const tree = join(layout.root, "prepared");
  await mkdir(tree);
  await writeFile(join(tree, "srcds_run"), "#!/bin/sh\n", { mode: 0o700 });
  const { id, changed } = await store.publishDirectory(tree, false);
  assert.equal(changed, true);
  await assert.rejects(lstat(tree), { code: "ENOENT" });
  assert.equal((await stat(join(layout.layer(id), "srcds_run"))).mode & 0o777, 0o775);
  assert.deepEqual(await store.importArchive(uploadOf(tarOf(launcher)), false, never), { id, changed: false });
});

test("imports of the same content at once make one build", async (context) => {
  const { layout, store } = await opened(context);
  const results = await Promise.all([1, 2, 3, 4].map(() => store.importArchive(game("7"), false, never)));
  assert.equal(new Set(results.map(({ id }) => id)).size, 1);
  assert.equal(results.filter(({ changed }) => changed).length, 1);
  assert.equal((await readdir(layout.layers)).length, 1);
});

test("an import that the client abandons leaves nothing", async (context) => {
  const { layout, store } = await opened(context);
  const abort = new AbortController();
  async function* stalling() {
    yield tarOf(launcher).subarray(0, 1024);
    abort.abort(new Error("gone"));
    await new Promise(() => {});
  }
  await assert.rejects(store.importArchive({ format: "TAR", chunks: stalling() }, true, abort.signal), /gone/);
  for (const directory of [layout.tmp, layout.layers, layout.builds]) assert.deepEqual(await readdir(directory), []);
});

test("killed at any step, a new store finds the old state or the new one, and the import can be repeated", async (context) => {
  const crashes = await CrashRecorder.begin(context);
  const { store } = await opened(context, (step, layout) => crashes.record(step, layout));
  const first = await store.importArchive(game("100"), false, never);
  const second = await store.importArchive(game("200"), true, never);
  assert.deepEqual(crashes.steps, [...importSteps, ...importSteps]);
  for (const [index, root] of crashes.roots.entries()) {
    const found = hostLayout(root);
    const survivor = await BuildStore.open(found, undefined);
    await survivor.collect(0, () => ({ builds: new Set(), layers: new Set() }));
    const ids = survivor.list().map(({ id }) => id);
    const known = index < 4 ? [[], [first.id]] : [[first.id], [second.id, first.id]];
    assert.ok(
      known.some((state) => state.join() === ids.join()),
      `snapshot ${index}: ${ids.join()}`,
    );
    const active = survivor.active()?.id;
    assert.ok(active === undefined ? ids.length === 0 : ids.includes(active));
    if (active !== undefined) assert.equal(await readlink(found.installation), `layers/${active}`);
    assert.deepEqual((await readdir(found.layers)).sort(), [...ids].sort());
    assert.deepEqual(await readdir(found.tmp), []);
    assert.deepEqual(survivor.problems, []);
    const repeated = index < 4 ? first : second;
    assert.equal((await survivor.importArchive(game(index < 4 ? "100" : "200"), true, never)).id, repeated.id);
    assert.equal(survivor.active()?.id, repeated.id);
  }
});

test("failing at any step, an import can be repeated in the same store", async (context) => {
  for (const failing of importSteps) {
    let armed = true;
    const { store } = await opened(context, (step) => {
      if (!armed || step !== failing) return;
      armed = false;
      throw new Error(`failed at ${step}`);
    });
    await assert.rejects(store.importArchive(game("1"), true, never), /failed at/);
    const { id } = await store.importArchive(game("1"), true, never);
    assert.equal(store.active()?.id, id);
  }
});

test("a damaged manifest is a problem, takes no other build down, and protects layers", async (context) => {
  const { layout, store } = await opened(context);
  const first = await store.importArchive(game("100"), false, never);
  const second = await store.importArchive(game("200"), false, never);
  await writeFile(layout.build(second.id), "{");
  const again = await BuildStore.open(layout, undefined);
  assert.deepEqual(
    again.list().map(({ id }) => id),
    [first.id],
  );
  assert.deepEqual(
    again.problems.map(({ reason, metadata }) => [reason, metadata["path"]]),
    [["STATE_DAMAGED", layout.build(second.id)]],
  );
  await stat(layout.layer(second.id));
});

test("missing layers, a foreign active link and an installation of the older system are problems", async (context) => {
  const { layout, store } = await opened(context);
  const { id } = await store.importArchive(game("100"), false, never);
  await rm(layout.installation);
  await mkdir(layout.installation);
  await writeFile(join(layout.installation, "theirs"), "kept");
  await rename(layout.layer(id), `${layout.root}/elsewhere`);
  const again = await BuildStore.open(layout, undefined);
  assert.equal(again.active(), undefined);
  assert.deepEqual(
    again.problems.map(({ metadata }) => metadata["path"]),
    [layout.build(id), layout.activeBuild, layout.installation],
  );
  await again.importArchive(game("200"), true, never);
  assert.equal(await readFile(join(layout.installation, "theirs"), "utf8"), "kept");
});

const importSteps = ["rename the layer", "write the manifest", "activate", "point installation"];

async function opened(
  context: TestContext,
  atStep: (step: string, layout: HostLayout) => void | Promise<void> = () => {},
): Promise<{ layout: HostLayout; store: BuildStore }> {
  const layout = hostLayout(await scratch(context));
  await mkdir(layout.tmp, { recursive: true });
  return { layout, store: await BuildStore.open(layout, undefined, { atStep: (step) => atStep(step, layout) }) };
}
