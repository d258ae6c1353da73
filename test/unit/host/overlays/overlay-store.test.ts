import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { HostError } from "../../../../src/domain/host-error.ts";
import { type HostLayout, hostLayout } from "../../../../src/domain/host-layout.ts";
import { OverlayStore } from "../../../../src/host/overlays/overlay-store.ts";
import { CrashRecorder } from "../unpack/crash-recorder.ts";
import { hostError, scratch } from "../unpack/scratch.ts";
import { tarOf, uploadOf } from "../unpack/tar.ts";

const never = new AbortController().signal;
const none: ReadonlySet<string> = new Set();
const content = (text: string) => uploadOf(tarOf({ name: "left4dead2/cfg/server.cfg", content: text }));

test("an import is listed and resolved; the same content changes nothing; new content is another version", async (context) => {
  const { layout, store } = await opened(context);
  const first = await store.importArchive("competitive/base", content("1"), never);
  assert.equal(first.changed, true);
  assert.match(first.version, /^sha256-[0-9a-f]{64}$/);
  assert.deepEqual(await store.importArchive("competitive/base", content("1"), never), { ...first, changed: false });
  const resolved = await store.resolve("competitive/base");
  assert.deepEqual(resolved, {
    ref: "competitive/base",
    directory: layout.overlayVersion(first.version),
    version: first.version,
    mutable: false,
  });
  assert.equal(await readlink(layout.overlay("competitive/base")), `../../overlay-versions/${first.version}`);
  const second = await store.importArchive("competitive/base", content("22"), never);
  assert.notEqual(second.version, first.version);
  assert.equal(await readFile(join(resolved.directory, "left4dead2/cfg/server.cfg"), "utf8"), "1");
  const [listed, ...others] = await store.list();
  assert.deepEqual(others, []);
  assert.deepEqual(
    { ...listed, publishTime: undefined },
    { ref: "competitive/base", mutable: false, version: second.version, files: 1, sizeBytes: 2, publishTime: undefined },
  );
  assert.ok((listed?.publishTime?.getTime() ?? 0) > Date.now() - 60_000);
});

test("directories put there by hand are mutable overlays; directories of names are none", async (context) => {
  const { layout, store } = await opened(context);
  await mkdir(layout.overlay("by-hand/left4dead2"), { recursive: true });
  await mkdir(layout.overlay("users/42/flat"), { recursive: true });
  await writeFile(layout.overlay("users/42/flat/readme"), "");
  await mkdir(layout.overlay("empty/inside"), { recursive: true });
  await mkdir(layout.overlay("a/b/c/d/e/f/g/h/left4dead2"), { recursive: true });
  await mkdir(layout.overlay("a b/left4dead2"), { recursive: true });
  await store.importArchive("users/42/custom", content("x"), never);
  await writeFile(layout.overlay("users/42/README"), "a file beside our link makes no overlay of the directory");
  assert.deepEqual(
    (await store.list()).map(({ ref, mutable }) => [ref, mutable]),
    [
      ["a/b/c/d/e/f/g/h", true],
      ["by-hand", true],
      ["users/42/custom", false],
      ["users/42/flat", true],
    ],
  );
  assert.deepEqual(await store.resolve("by-hand"), { ref: "by-hand", directory: layout.overlay("by-hand"), version: "", mutable: true });
  for (const ref of ["empty", "empty/inside", "users", "missing", "by-hand/left4dead2", "users/42/custom/left4dead2"]) {
    await assert.rejects(store.resolve(ref), hostError("OVERLAY_NOT_FOUND"), ref);
  }
});

for (const ref of ["", "/etc", "../x", "a/../b", "a//b", "a/", ".", "a b", "ü", "a\nb", "1/2/3/4/5/6/7/8/9", "x".repeat(65)]) {
  test(`refuses the reference ${JSON.stringify(ref)}`, async (context) => {
    const { store } = await opened(context);
    await assert.rejects(store.resolve(ref), hostError("INVALID_OVERLAY_REF"));
    await assert.rejects(store.importArchive(ref, content("x"), never), hostError("INVALID_OVERLAY_REF"));
    await assert.rejects(store.delete(ref), hostError("INVALID_OVERLAY_REF"));
  });
}

type Trap = (layout: HostLayout, version: string) => Promise<unknown>;
const traps: readonly (readonly [what: string, ref: string, trap: Trap])[] = [
  ["a link out of the root", "trap", (layout) => symlink("/etc", layout.overlay("trap"))],
  ["a link to another overlay", "trap", (layout) => symlink("good", layout.overlay("trap"))],
  ["a link that is a loop", "trap", (layout) => symlink("trap", layout.overlay("trap"))],
  ["a link into a version", "trap", (layout, version) => symlink(`../overlay-versions/${version}/left4dead2`, layout.overlay("trap"))],
  ["a link to all versions", "trap", (layout) => symlink("../overlay-versions", layout.overlay("trap"))],
  ["an absolute link to a version", "trap", (layout, version) => symlink(layout.overlayVersion(version), layout.overlay("trap"))],
  [
    "a link to a version by a detour",
    "trap",
    (layout, version) => symlink(`../overlays/../overlay-versions/${version}`, layout.overlay("trap")),
  ],
  ["a link to the same name elsewhere", "trap", (layout, version) => symlink(`/tmp/overlay-versions/${version}`, layout.overlay("trap"))],
  ["a link on the way", "trap/inside", (layout) => symlink("/etc", layout.overlay("trap"))],
  ["a file", "trap", (layout) => writeFile(layout.overlay("trap"), "")],
  ["a file on the way", "trap/inside", (layout) => writeFile(layout.overlay("trap"), "")],
  ["a FIFO", "trap", async (layout) => execFileSync("mkfifo", [layout.overlay("trap")])],
];

for (const [what, ref, trap] of traps) {
  test(`refuses ${what}, and lists it not`, async (context) => {
    const { layout, store } = await opened(context);
    const { version } = await store.importArchive("good", content("x"), never);
    await trap(layout, version);
    await assert.rejects(store.resolve(ref), hostError("INVALID_OVERLAY_REF"));
    await assert.rejects(store.importArchive(ref, content("y"), never), hostError("INVALID_OVERLAY_REF"));
    await assert.rejects(store.delete(ref), hostError("INVALID_OVERLAY_REF"));
    assert.deepEqual(
      (await store.list()).map((overlay) => overlay.ref),
      ["good"],
    );
    await lstat(layout.overlay("trap"));
  });
}

test("an overlay put there by hand is neither replaced nor removed, and not shadowed", async (context) => {
  const { layout, store } = await opened(context);
  await mkdir(layout.overlay("by-hand/left4dead2"), { recursive: true });
  await assert.rejects(store.importArchive("by-hand", content("x"), never), hostError("OVERLAY_MUTABLE"));
  await assert.rejects(store.delete("by-hand"), hostError("OVERLAY_MUTABLE"));
  await assert.rejects(store.importArchive("by-hand/x", content("x"), never), hostError("OVERLAY_REF_CONFLICT"));
});

test("references that lie inside one another are refused; empty directories are in nobody's way", async (context) => {
  const { layout, store } = await opened(context);
  await store.importArchive("a/b", content("x"), never);
  for (const ref of ["a", "a/b/c", "a/b/c/d"])
    await assert.rejects(store.importArchive(ref, content("x"), never), hostError("OVERLAY_REF_CONFLICT", /a\/b/));
  await store.importArchive("a/bc", content("x"), never);
  await mkdir(layout.overlay("empty/inside"), { recursive: true });
  await store.importArchive("empty", content("x"), never);
  await mkdir(layout.overlay("odd/inside"), { recursive: true });
  await symlink("/etc", layout.overlay("odd/inside/foreign"));
  await assert.rejects(store.importArchive("odd", content("x"), never), hostError("OVERLAY_MUTABLE"));
  const results = await Promise.allSettled([
    store.importArchive("race", content("x"), never),
    store.importArchive("race/inside", content("y"), never),
  ]);
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
});

test("a conflict is told before the upload is read", async (context) => {
  const { store } = await opened(context);
  await store.importArchive("a", content("x"), never);
  async function* unread(): AsyncGenerator<Uint8Array> {
    yield assert.fail("the upload was read");
  }
  await assert.rejects(store.importArchive("a/b", { format: "AUTO", chunks: unread() }, never), hostError("OVERLAY_REF_CONFLICT"));
});

test("delete removes the link and empty directories; the version goes with the next collection, when nothing refers to it", async (context) => {
  const { layout, store } = await opened(context);
  const { version } = await store.importArchive("a/b/one", content("x"), never);
  await store.importArchive("a/two", content("x"), never);
  assert.equal(await store.delete("a/b/one"), true);
  assert.equal(await store.delete("a/b/one"), false);
  assert.deepEqual(await readdir(layout.overlay("a")), ["two"]);
  assert.deepEqual((await readdir(layout.overlayVersions)).sort(), [version, `${version}.json`]);
  assert.equal(await store.delete("a/two"), true);
  assert.deepEqual(await readdir(layout.overlays), []);
  assert.deepEqual((await readdir(layout.overlayVersions)).sort(), [version, `${version}.json`]);
  assert.deepEqual(await store.collect(() => undefined), []);
  assert.deepEqual(await store.collect(() => new Set([version])), []);
  assert.deepEqual(await store.collect(() => none), [version]);
  assert.deepEqual(await readdir(layout.overlayVersions), []);
  assert.deepEqual(await readdir(layout.tmp), []);
});

test("collect removes only versions that nothing names", async (context) => {
  const { layout, store } = await opened(context);
  const versions: string[] = [];
  for (const text of ["1", "2", "3"]) versions.push((await store.importArchive("x", content(text), never)).version);
  const [first = "", second = "", third = ""] = versions;
  assert.deepEqual(await store.collect(() => new Set([first])), [second]);
  assert.deepEqual((await readdir(layout.overlayVersions)).filter((name) => !name.endsWith(".json")).sort(), [first, third].sort());
  const again = await store.importArchive("x", content("2"), never);
  assert.deepEqual([again.version, again.changed], [second, true]);
});

test("resolveAll names every reference that is wrong", async (context) => {
  const { store } = await opened(context);
  await store.importArchive("a", content("x"), never);
  assert.deepEqual(
    (await store.resolveAll(["a"])).map(({ ref }) => ref),
    ["a"],
  );
  await assert.rejects(store.resolveAll(["b", "a", "c"]), (error) => {
    assert.ok(error instanceof HostError && error.reason === "OVERLAY_NOT_FOUND");
    assert.deepEqual(
      error.violations.map(({ field }) => field),
      ["spec.overlays[0].ref", "spec.overlays[2].ref"],
    );
    return true;
  });
  await assert.rejects(store.resolveAll(["../b", "c"]), (error) => {
    assert.ok(error instanceof HostError && error.reason === "INVALID_SPEC");
    assert.equal(error.violations.length, 2);
    return true;
  });
});

test("a version that vanished is STATE_DAMAGED, and importing it again cures it", async (context) => {
  const { layout, store } = await opened(context);
  const { version } = await store.importArchive("a", content("x"), never);
  await rm(layout.overlayVersion(version), { recursive: true });
  await assert.rejects(store.resolve("a"), hostError("STATE_DAMAGED"));
  await store.importArchive("a", content("x"), never);
  assert.equal((await store.resolve("a")).version, version);
});

test("killed at any step, a new store finds the old version or the new one", async (context) => {
  const crashes = await CrashRecorder.begin(context);
  const { store } = await opened(context, (step, layout) => crashes.record(step, layout));
  const first = await store.importArchive("deep/ref", content("1"), never);
  const second = await store.importArchive("deep/ref", content("2"), never);
  await store.collect(() => none);
  await store.delete("deep/ref");
  await store.collect(() => none);
  const importing = ["rename the version", "write the version's facts", "link"];
  assert.deepEqual(crashes.steps, [...importing, ...importing, "remove the version", "unlink", "remove the version"]);
  const expected = [undefined, undefined, undefined, first, first, first, second, second, undefined].map((state) => state?.version);
  for (const [index, root] of crashes.roots.entries()) {
    const layout = hostLayout(root);
    await symlink("left by a crash", join(dirname(layout.overlay("deep/ref")), "~left4me-00")).catch(() => {});
    const survivor = await OverlayStore.open(layout, undefined);
    assert.equal((await survivor.list())[0]?.version, expected[index], `snapshot ${index}`);
    await survivor.collect(() => none);
    const kept = expected[index] === undefined ? [] : [expected[index]];
    assert.deepEqual(
      (await readdir(layout.overlayVersions)).filter((name) => !name.endsWith(".json")),
      kept,
    );
    assert.deepEqual(await readdir(layout.tmp), []);
    await survivor.importArchive("deep/ref", content("3"), never);
    assert.deepEqual(await readdir(layout.overlay("deep")), ["ref"]);
  }
});

test("a refused import keeps the version before", async (context) => {
  const { layout, store } = await opened(context);
  const { version } = await store.importArchive("a", content("x"), never);
  await assert.rejects(store.importArchive("a", uploadOf(tarOf({ name: "../x" })), never), hostError("UPLOAD_REFUSED"));
  assert.equal((await store.resolve("a")).version, version);
  assert.deepEqual(await readdir(layout.tmp), []);
});

async function opened(
  context: TestContext,
  atStep: (step: string, layout: HostLayout) => void | Promise<void> = () => {},
): Promise<{ layout: HostLayout; store: OverlayStore }> {
  const layout = hostLayout(await scratch(context));
  await mkdir(layout.tmp);
  return { layout, store: await OverlayStore.open(layout, undefined, { atStep: (step) => atStep(step, layout) }) };
}
