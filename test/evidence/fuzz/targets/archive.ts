import assert from "node:assert/strict";
import { lstat, mkdir, readdir, readFile, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { adoptTree } from "../../../../src/host/unpack/adopt-tree.ts";
import { extractArchive } from "../../../../src/host/unpack/extract-archive.ts";
import { tarOf } from "../../../unit/host/unpack/tar.ts";
import { ByteSource } from "../byte-source.ts";
import { cutAnywhere } from "../cut-anywhere.ts";
import { EscapeError, type FuzzTarget, type Verdict } from "../fuzz-target.ts";
import { hostileTar, packed } from "../hostile-tar.ts";
import { refusedOrLater } from "../refused-or.ts";

const limits = { bytes: 2_000_000, entries: 60, nameCharacters: 20_000 };
const untouched = "untouched";
const simple = tarOf({ name: "a/b", content: "text" }, { name: "a/l", type: "2", link: "../a/b" }, { name: "c", type: "1", link: "a/b" });

/** Whole uploads, onto the disk. */
export const target: FuzzTarget = {
  property:
    "UPLOAD_REFUSED or UPLOAD_TOO_LARGE and an empty directory, or a tree that adoptTree finds to be the same, with normal modes and no way out",
  largestBytes: 2048,
  covers: ["/src/host/unpack/"],
  seeds: [
    ...[simple, gzipSync(simple)].map((bytes) => Buffer.concat([Buffer.from([0, 2, 100, 200]), bytes])),
    Buffer.from([1, 2, 9, 9, 0, 0, 1, 0, 1, 0x81, 0xa4, 3, 97, 98, 99, 0, 0, 1, 1, 3, 1, 2, 0, 1, 255, 0, 0, 5, 1, 2, 0, 1, 1, 1, 1]),
  ],
  words: ["../outside/x", "../canary", "..", "a/b", "ustar\x0000", Buffer.alloc(64), Buffer.from([5, 1, 0]), Buffer.from([6, 1, 0, 2])],
  async check(input, scratch): Promise<Verdict> {
    const choices = new ByteSource(input);
    const isRaw = choices.byte() % 4 === 0;
    const cuts = choices.bytes(20);
    const bytes = isRaw ? choices.rest() : packed(hostileTar(choices), new ByteSource(Buffer.from(input.subarray(1).reverse())));
    const tree = await freshTree(scratch);
    async function* chunks() {
      yield* cutAnywhere(bytes, new ByteSource(cuts));
    }
    const upload = { format: "AUTO" as const, chunks: chunks() };
    const summary = await refusedOrLater(["UPLOAD_REFUSED", "UPLOAD_TOO_LARGE"], () => extractArchive(upload, tree, { limits }));
    await checkOutside(scratch);
    if (summary === undefined) {
      assert.deepEqual(await readdir(tree), [], "a refused archive leaves something");
      return "refused";
    }
    await checkInside(tree, tree);
    assert.deepEqual(await adoptTree(tree, { limits }), summary, "the tree is not what the archive was said to hold");
    return "taken";
  },
};

/** The tree's directory, and beside it what nobody may touch. */
async function freshTree(scratch: string): Promise<string> {
  const tree = join(scratch, "tree");
  await rm(tree, { recursive: true, force: true });
  await mkdir(tree);
  if ((await readdir(scratch)).length === 1) {
    await mkdir(join(scratch, "outside"));
    for (const path of ["canary", "outside/x"]) await writeFile(join(scratch, path), untouched);
  }
  return tree;
}

async function checkOutside(scratch: string): Promise<void> {
  const found = [...(await readdir(scratch)), ...(await readdir(join(scratch, "outside")))].sort();
  const contents = await Promise.all(["canary", "outside/x"].map((path) => readFile(join(scratch, path), "utf8")));
  const links = await Promise.all(["canary", "outside/x"].map(async (path) => (await lstat(join(scratch, path))).nlink));
  if (found.join() !== "canary,outside,tree,x" || contents.some((text) => text !== untouched) || links.some((count) => count !== 1))
    throw new EscapeError(`outside the tree: ${JSON.stringify([found, contents, links])}`);
}

async function checkInside(tree: string, directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    const { mode, nlink } = await lstat(path);
    if (entry.isDirectory()) {
      assert.equal(mode & 0o7777, 0o775, path);
      await checkInside(tree, path);
    } else if (entry.isFile()) assert.ok([0o664, 0o775].includes(mode & 0o7777) && nlink === 1, path);
    else {
      assert.ok(entry.isSymbolicLink(), path);
      await checkLink(tree, path);
    }
  }
}

/** A link that leads nowhere leads nowhere within the tree. */
async function checkLink(tree: string, path: string): Promise<void> {
  const real = await realpath(path).catch(async () => resolve(dirname(path), await readlink(path)));
  if (real !== tree && !real.startsWith(tree + sep)) throw new EscapeError(`${path} leads to ${real}`);
}
