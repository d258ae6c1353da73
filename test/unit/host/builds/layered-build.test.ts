import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { type HostLayout, hostLayout } from "../../../../src/domain/host-layout.ts";
import { BuildStore } from "../../../../src/host/builds/build-store.ts";
import { findInLayers, viewLayers } from "../../../../src/host/builds/layer-view.ts";
import { CrashRecorder } from "../unpack/crash-recorder.ts";
import { hostError, scratch } from "../unpack/scratch.ts";

const never = new AbortController().signal;
const nothingInUse = () => ({ builds: new Set<string>(), layers: new Set<string>() });

/** A tree as text: a file's content, `-> target` of a link, undefined = no such name any more. */
type Tree = Readonly<Record<string, string | undefined>>;

const programs: Tree = { srcds_run: "#!/bin/sh\n", srcds_linux: "#!/bin/sh\n" };
const first: Tree = {
  ...programs,
  "steamapps/appmanifest_222860.acf": acf("100"),
  "left4dead2/a.txt": "a",
  "left4dead2/maps/one.bsp": "one",
  "left4dead2/maps/two.bsp": "two",
  "left4dead2/old/deep/file": "x",
  link: "-> left4dead2/a.txt",
};

test("what was written over a build becomes a layer: changes, additions, deletions, and a directory made again", async (context) => {
  const { layout, store } = await opened(context);
  const base = await publish(store, layout, undefined, first);
  const second = {
    ...first,
    "steamapps/appmanifest_222860.acf": acf("200"),
    "left4dead2/a.txt": "changed",
    "left4dead2/maps/three.bsp": "three",
    "left4dead2/maps/two.bsp": undefined,
    "left4dead2/old/deep/file": undefined,
    "left4dead2/old": "now a file",
  };
  const { id, isNew } = await publish(store, layout, base.id, second);
  assert.equal(isNew, true);
  assert.deepEqual(await seen(store.layersOf(id)), shown(second));
  assert.deepEqual(await seen(store.layersOf(base.id)), shown(first), "the build below is what it was");
  assert.deepEqual((await readdir(join(layout.layer(id), "left4dead2"))).sort(), ["a.txt", "maps", "old"], "the rest lies below");
  const [build] = store.list();
  const sizes = Object.values(shown(second)).filter((text) => !text.startsWith("-> "));
  assert.deepEqual(
    { layerCount: build?.layerCount, steamBuildId: build?.steamBuildId, files: build?.files, sizeBytes: build?.sizeBytes },
    { layerCount: 2, steamBuildId: "200", files: sizes.length, sizeBytes: sizes.join("").length },
  );
  assert.equal(existsSync(layout.written("0")), false);
});

test("the kernel shows what the view shows", async (context) => {
  const { layout, store } = await opened(context);
  const base = await publish(store, layout, undefined, first);
  const second = { ...first, "left4dead2/maps/two.bsp": undefined, "left4dead2/old/deep/file": undefined, "left4dead2/new": "n" };
  const { id } = await publish(store, layout, base.id, second);
  const merged = join(layout.root, "merged");
  await mkdir(merged);
  const lower = store.layersOf(id).join(":");
  const script = `mount -t overlay -o userxattr,lowerdir=${lower} overlay ${merged} && cd ${merged} && find . -mindepth 1 ! -type d -printf '%P\\n'`;
  let found: string;
  try {
    found = execFileSync("unshare", ["-Urm", "sh", "-c", script], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    return context.skip(`needs overlay mounts in user namespaces: ${String((error as { stderr?: string }).stderr)}`);
  }
  assert.deepEqual(found.trim().split("\n").sort(), Object.keys(await seen(store.layersOf(id))).sort());
});

test("what only touches files, and what only SteamCMD notes for itself, is the same build", async (context) => {
  const { layout, store } = await opened(context);
  const base = await publish(store, layout, undefined, first);
  await writeTree(layout.written("0"), { "left4dead2/a.txt": "a", "steamapps/appmanifest_222860.acf": `${acf("100")}// later\n` });
  const again = await store.publishWritten({ tree: layout.written("0"), base: base.id, listing: listingOf(first) }, async () => {});
  assert.deepEqual(again, { id: base.id, isNew: false });
  assert.equal(existsSync(layout.written("0")), false);
  assert.equal(store.list().length, 1);
});

test("a build of eight layers is squashed to one that shows the same; what runs keeps its layers", async (context) => {
  const { layout, store } = await opened(context);
  let { id } = await publish(store, layout, undefined, first);
  let tree: Tree = first;
  for (let number = 2; number <= 8; number += 1) {
    tree = { ...tree, [`left4dead2/new-${number}`]: String(number), [`left4dead2/new-${number - 2}`]: undefined };
    ({ id } = await publish(store, layout, id, tree));
  }
  await store.activate(id);
  assert.equal(existsSync(layout.installation), false, "it lies nowhere as a whole");
  assert.equal(store.isTall(id), true);
  const layers = store.layersOf(id);
  const before = await seen(layers);
  await store.squash(id, never);
  assert.equal(store.isTall(id), false);
  assert.equal(store.active()?.layerCount, 1);
  assert.deepEqual(await seen(store.layersOf(id)), before);
  assert.equal(await readlink(layout.installation), `layers/${store.layersOf(id)[0]?.split("/").at(-1)}`);
  assert.equal((await lstat(join(store.layersOf(id)[0] as string, "srcds_run"))).mode & 0o777, 0o775);
  const mounted = { builds: new Set<string>(), layers: new Set(layers.map((layer) => layer.split("/").at(-1) as string)) };
  await store.collect(1, () => mounted);
  assert.deepEqual(await seen(layers), before, "a running game has them mounted");
  await store.collect(1, nothingInUse);
  assert.deepEqual(await readdir(layout.layers), [store.layersOf(id)[0]?.split("/").at(-1)]);
  assert.deepEqual((await BuildStore.open(layout, undefined)).problems, []);
});

test("old builds go, but neither the active one nor what is in use nor layers that others share", async (context) => {
  const { layout, store } = await opened(context);
  const ids: string[] = [];
  let tree: Tree = first;
  for (let number = 0; number < 5; number += 1) {
    tree = { ...tree, changing: String(number) };
    ids.push((await publish(store, layout, ids.at(-1), tree)).id);
  }
  const [oldest = "", second = "", third = ""] = ids;
  await store.activate(second);
  assert.deepEqual(await store.collect(0, nothingInUse), []);
  assert.deepEqual(await store.collect(1, () => undefined), []);
  const removed = await store.collect(1, () => ({ builds: new Set([third]), layers: new Set() }));
  assert.deepEqual(removed.sort(), [oldest, ids[3]].sort());
  const left = store.list().map(({ id }) => id);
  assert.deepEqual(left.sort(), [second, third, ids[4]].sort());
  for (const id of left) assert.equal((await seen(store.layersOf(id)))["srcds_run"], programs["srcds_run"]);
});

test("a build that comes back takes the layer that others have, and does not replace it", async (context) => {
  const { layout, store } = await opened(context);
  const base = await publish(store, layout, undefined, first);
  const second = await publish(store, layout, base.id, { ...first, new: "n" });
  await store.activate(second.id);
  assert.deepEqual(await store.collect(1, nothingInUse), [base.id]);
  const before = await lstat(layout.layer(base.id));
  assert.deepEqual(await publish(store, layout, undefined, first), { id: base.id, isNew: true });
  assert.equal((await lstat(layout.layer(base.id))).ino, before.ino, "a running game may have it mounted");
  assert.equal(existsSync(layout.written("0")), false);
  assert.deepEqual(await seen(store.layersOf(second.id)), shown({ ...first, new: "n" }));
});

test("an installation without an executable srcds_linux is INSTALL_INCOMPLETE", async (context) => {
  const { layout, store } = await opened(context);
  await writeTree(layout.written("0"), { ...first, srcds_linux: undefined });
  const publishing = store.publishWritten({ tree: layout.written("0"), base: undefined, listing: listingOf(first) }, async () => {});
  await assert.rejects(publishing, hostError("INSTALL_INCOMPLETE", /srcds_linux/));
  assert.deepEqual(store.list(), []);
});

test("a listing that lies reaches nothing through links of what was written", async (context) => {
  const { layout, store } = await opened(context);
  const base = await publish(store, layout, undefined, first);
  const outside = join(layout.root, "outside");
  await mkdir(join(outside, "deep"), { recursive: true });
  await writeTree(layout.written("0"), { "left4dead2/x": "x" });
  await symlink(outside, join(layout.written("0"), "left4dead2/old"));
  const listing = new Set([...listingOf(first), "left4dead2/old/deep"]);
  listing.delete("left4dead2/old/deep/file");
  await assert.rejects(
    store.publishWritten({ tree: layout.written("0"), base: base.id, listing }, async () => {}),
    hostError("UPLOAD_REFUSED"),
  );
  assert.deepEqual(await readdir(join(outside, "deep")), []);
});

test("a device, a FIFO and a file with two names are refused", async (context) => {
  const { layout, store } = await opened(context);
  const base = await publish(store, layout, undefined, first);
  await writeTree(layout.written("0"), { "left4dead2/x": "x" });
  execFileSync("mkfifo", [join(layout.written("0"), "fifo")]);
  const publishing = () => store.publishWritten({ tree: layout.written("0"), base: base.id, listing: listingOf(first) }, async () => {});
  await assert.rejects(publishing(), hostError("UPLOAD_REFUSED", /FIFO/));
  await rm(join(layout.written("0"), "fifo"));
  execFileSync("ln", [join(layout.written("0"), "left4dead2/x"), join(layout.root, "elsewhere")]);
  await assert.rejects(publishing(), hostError("UPLOAD_REFUSED", /hard links/));
});

test("killed at any step, a new store has the old builds or the new one, whole", async (context) => {
  const crashes = await CrashRecorder.begin(context);
  const { layout, store } = await opened(context, (step, at) => crashes.record(step, at));
  const base = await publish(store, layout, undefined, first);
  const second = { ...first, "left4dead2/a.txt": "changed" };
  const { id } = await publish(store, layout, base.id, second);
  await store.activate(id);
  await store.squash(id, never);
  await store.collect(1, nothingInUse);
  assert.ok(crashes.roots.length >= 8, crashes.steps.join());
  for (const root of crashes.roots) {
    const survivor = await BuildStore.open(hostLayout(root), undefined);
    assert.deepEqual(survivor.problems, []);
    for (const build of survivor.list())
      assert.deepEqual(await seen(survivor.layersOf(build.id)), shown(build.id === id ? second : first), `${build.id} in ${root}`);
    await survivor.collect(0, nothingInUse);
    for (const build of survivor.list()) assert.deepEqual(await seen(survivor.layersOf(build.id)), shown(build.id === id ? second : first));
  }
});

test("a path is found where the stack shows it, and nowhere below a whiteout or a file", async (context) => {
  const { layout, store } = await opened(context);
  const base = await publish(store, layout, undefined, first);
  const { id } = await publish(store, layout, base.id, {
    ...first,
    "left4dead2/old/deep/file": undefined,
    "left4dead2/old": undefined,
    n: "n",
  });
  const layers = store.layersOf(id);
  assert.equal(await findInLayers(layers, "left4dead2/old/deep/file"), undefined);
  assert.equal(await findInLayers(layers, "left4dead2/a.txt/x"), undefined);
  assert.equal((await findInLayers(layers, "left4dead2/maps/one.bsp"))?.source, join(layout.layer(base.id), "left4dead2/maps/one.bsp"));
});

/** Writes a tree as an installer would over a build, by hand: what differs, with a whiteout for what is gone at the top only. */
async function publish(store: BuildStore, layout: HostLayout, base: string | undefined, tree: Tree) {
  const below = base === undefined ? {} : await seen(store.layersOf(base));
  const wanted = shown(tree);
  await mkdir(layout.written("0"));
  await writeTree(layout.written("0"), Object.fromEntries(Object.entries(wanted).filter(([path, text]) => below[path] !== text)));
  // The kernel has copied up every directory that something was removed from.
  for (const path of Object.keys(below)) if (!(path in wanted)) await makeWay(layout.written("0"), path, wanted);
  return store.publishWritten({ tree: layout.written("0"), base, listing: listingOf(tree) }, async () => {});
}

async function makeWay(top: string, path: string, wanted: Readonly<Record<string, string>>): Promise<void> {
  let parent = dirname(path);
  const listing = listingOf(wanted);
  while (parent !== "." && !listing.has(parent)) parent = dirname(parent);
  if (!(parent in wanted)) await mkdir(join(top, parent), { recursive: true });
}

async function writeTree(top: string, tree: Tree): Promise<void> {
  for (const [path, text] of Object.entries(shown(tree))) {
    await mkdir(dirname(join(top, path)), { recursive: true });
    if (text.startsWith("-> ")) await symlink(text.slice(3), join(top, path));
    else await writeFile(join(top, path), text);
    if (path.startsWith("srcds")) await chmod(join(top, path), 0o755);
  }
}

/** Files and links that a stack shows. */
async function seen(layers: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { path, type, source } of viewLayers(layers)) {
    if (type === "file") found[path] = await readFile(source, "utf8");
    if (type === "symlink") found[path] = `-> ${await readlink(source)}`;
  }
  return found;
}

function shown(tree: Tree): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Every path of a tree, its directories too. */
function listingOf(tree: Tree): Set<string> {
  const paths = new Set<string>();
  for (const path of Object.keys(shown(tree))) for (let at = path; at !== "."; at = dirname(at)) paths.add(at);
  return paths;
}

function acf(id: string): string {
  return `"AppState"\n{\n\t"appid"\t\t"222860"\n\t"buildid"\t\t"${id}"\n}\n`;
}

async function opened(context: TestContext, atStep: (step: string, layout: HostLayout) => void | Promise<void> = () => {}) {
  const layout = hostLayout(await scratch(context));
  await mkdir(layout.tmp, { recursive: true });
  return { layout, store: await BuildStore.open(layout, undefined, { atStep: (step) => atStep(step, layout) }) };
}
