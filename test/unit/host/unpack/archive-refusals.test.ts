import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import { BuildStore } from "../../../../src/host/builds/build-store.ts";
import { OverlayStore } from "../../../../src/host/overlays/overlay-store.ts";
import { type ExtractOptions, extractArchive } from "../../../../src/host/unpack/extract-archive.ts";
import { type HostileArchive, hostileArchives } from "./hostile-archives.ts";
import { hostError, scratch } from "./scratch.ts";
import { type RawEntry, tarOf, uploadOf } from "./tar.ts";

const { signal } = new AbortController();
const srcds: RawEntry = { name: "srcds_run", mode: 0o755, content: "#!/bin/sh\n" };

test("there are many ways to be hostile, each with a name of its own", () => {
  assert.ok(hostileArchives.length >= 50, `${hostileArchives.length}`);
  assert.equal(new Set(hostileArchives.map(({ what }) => what)).size, hostileArchives.length);
});

/** How a host takes an archive. */
type Import = (root: string, hostile: Pick<HostileArchive, "upload"> & { readonly limits?: ExtractOptions["limits"] }) => Promise<unknown>;

const asBuild: Import = async (root, { upload, limits = {} }) =>
  (await BuildStore.open(hostLayout(root), undefined, { limits })).importArchive(upload(), true, signal);

const asOverlay =
  (ref: string): Import =>
  async (root, { upload, limits = {} }) =>
    (await OverlayStore.open(hostLayout(root), undefined, { limits })).importArchive(ref, upload(), signal);

const imports: readonly (readonly [what: string, Import])[] = [
  ["a build", asBuild],
  ["an overlay", asOverlay("new/one")],
];

for (const [what, importArchive] of imports) {
  describe(`a host that takes ${what}`, () => {
    let root = "";
    let untouched: readonly string[] = [];
    before(async () => {
      root = await mkdtemp(join(tmpdir(), "left4me-test-"));
      await asBuild(root, { upload: () => uploadOf(tarOf(srcds, { name: "left4dead2/a", content: "old" })) });
      await asOverlay("old")(root, { upload: () => uploadOf(tarOf({ name: "left4dead2/a", content: "old" })) });
      await writeFile(join(root, "outside"), "untouched");
      untouched = await treeOf(root);
    });
    after(() => rm(root, { recursive: true, force: true }));

    for (const hostile of hostileArchives) {
      test(`refuses ${hostile.what}, and is as it was`, async () => {
        await assert.rejects(importArchive(root, hostile), hostError(hostile.reason, hostile.problem));
        assert.deepEqual(await treeOf(root), untouched);
      });
    }
  });
}

const noBuilds: readonly (readonly [what: string, problem: RegExp, ...entries: RawEntry[]])[] = [
  ["without srcds_run", /no srcds_run at its top/, { name: "left4dead2/a" }],
  ["whose srcds_run is not executable", /not executable/, { ...srcds, mode: 0o644 }],
  ["whose srcds_run is a link", /not a regular file/, { name: "srcds", mode: 0o755 }, { name: "srcds_run", type: "2", link: "srcds" }],
  ["whose srcds_run is a directory", /not a regular file/, { name: "srcds_run", type: "5", mode: 0o755 }],
  ["inside a directory", /inside the directory "l4d2"/, { ...srcds, name: "l4d2/srcds_run" }],
];

for (const [what, problem, ...entries] of noBuilds) {
  test(`a host refuses a build ${what}, and is as it was`, async (t) => {
    const root = await scratch(t);
    await BuildStore.open(hostLayout(root), undefined);
    await mkdir(hostLayout(root).tmp);
    const untouched = await treeOf(root);
    await assert.rejects(asBuild(root, { upload: () => uploadOf(tarOf(...entries)) }), hostError("UPLOAD_REFUSED", problem));
    assert.deepEqual(await treeOf(root), untouched);
  });
}

test("what is taken has no rights that it should not have", async (t) => {
  const target = join(await scratch(t), "tree");
  await mkdir(target);
  const modes = { setuid: 0o4755, setgid: 0o2711, sticky: 0o1644, none: 0, all: 0o7777 };
  await extractArchive(uploadOf(tarOf(...Object.entries(modes).map(([name, mode]) => ({ name, mode })))), target);
  const found = await Promise.all(Object.keys(modes).map(async (name) => [name, (await lstat(join(target, name))).mode & 0o7777]));
  assert.deepEqual(Object.fromEntries(found), { setuid: 0o775, setgid: 0o775, sticky: 0o664, none: 0o664, all: 0o775 });
});

test("takes what was announced", async (t) => {
  const whole = tarOf({ name: "left4dead2/cfg/plain.cfg", content: "// fine\n" });
  const sha256 = createHash("sha256").update(whole).digest("hex");
  const target = join(await scratch(t), "tree");
  await mkdir(target);
  await extractArchive({ ...uploadOf(whole, "TAR", 1000), sizeBytes: whole.length, sha256 }, target);
  assert.notDeepEqual(await readdir(target), []);
});

/** Everything in a tree: paths, modes, and contents. */
async function treeOf(directory: string, prefix = ""): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    const found = await lstat(path);
    const content = found.isFile() ? await readFile(path, "latin1") : found.isSymbolicLink() ? await readlink(path) : "";
    lines.push(`${prefix}${name} ${found.mode.toString(8)} ${content}`);
    if (found.isDirectory()) lines.push(...(await treeOf(path, `${prefix}${name}/`)));
  }
  return lines;
}
