import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { pack } from "tar-stream";
import { adoptTree } from "../../../../src/host/unpack/adopt-tree.ts";
import { extractArchive } from "../../../../src/host/unpack/extract-archive.ts";
import { hostError, scratch } from "./scratch.ts";
import { type RawEntry, tarOf, uploadOf } from "./tar.ts";

const link = (name: string, target: string): RawEntry => ({ name, type: "2", link: target });

test("files, directories and links arrive with normalised modes", async (context) => {
  const target = await empty(context);
  const summary = await extractArchive(
    uploadOf(
      tarOf(
        { name: "./", type: "5", mode: 0o700 },
        { name: "./srcds_run", mode: 0o6755, content: "#!/bin/sh\n" },
        { name: "./left4dead2/", type: "5", mode: 0o2000 },
        { name: "./left4dead2/deep/er/file.txt", mode: 0o1600, content: "text" },
        link("left4dead2/deep/same", "er/file.txt"),
        link("left4dead2/deep/up", "../../srcds_run"),
        link("dangling", "./nowhere/"),
        { name: "copy", type: "1", link: "./srcds_run" },
        { name: "old-contiguous", type: "7", content: "7" },
      ),
    ),
    target,
  );
  const modes: Record<string, string> = {};
  for (const path of ["srcds_run", "copy", "left4dead2", "left4dead2/deep/er", "left4dead2/deep/er/file.txt"]) {
    modes[path] = ((await lstat(join(target, path))).mode & 0o7777).toString(8);
  }
  assert.deepEqual(modes, {
    srcds_run: "775",
    copy: "775",
    left4dead2: "775",
    "left4dead2/deep/er": "775",
    "left4dead2/deep/er/file.txt": "664",
  });
  assert.equal(await readFile(join(target, "left4dead2/deep/same"), "utf8"), "text");
  assert.equal(await readlink(join(target, "dangling")), "./nowhere/");
  assert.equal((await stat(join(target, "copy"))).nlink, 1);
  assert.equal(summary.files, 4);
  assert.equal(summary.sizeBytes, 10 + 4 + 10 + 1);
  assert.match(summary.digest, /^[0-9a-f]{64}$/);
});

test("pax and GNU long names are honoured", async (context) => {
  const target = await empty(context);
  const name = `${"directory/".repeat(12)}${"ü".repeat(100)}`;
  const gnu = `gnu/${"g".repeat(150)}`;
  await extractArchive(
    uploadOf(
      tarOf(
        { name: "short", pax: { path: name }, content: "pax" },
        { name: "././@LongLink", type: "L", content: `${gnu}\0` },
        { name: "cut", magic: "ustar  \0", content: "gnu" },
      ),
    ),
    target,
  );
  assert.equal(await readFile(join(target, name), "utf8"), "pax");
  assert.equal(await readFile(join(target, gnu), "utf8"), "gnu");
});

test("what GNU tar and tar-stream pack arrives, plain, as gzip and as zstd, told from its first bytes", async (context) => {
  const source = await scratch(context);
  await mkdir(join(source, "left4dead2/cfg"), { recursive: true });
  await writeFile(join(source, "left4dead2/cfg/server.cfg"), "sv_cheats 0\n");
  await writeFile(join(source, "big"), randomBytes(700_000));
  await symlink("big", join(source, "link"));
  const tar = execFileSync("tar", ["-C", source, "-cf", "-", "."], { maxBuffer: 2 ** 24 });
  const digests = new Set<string>();
  for (const bytes of [
    tar,
    gzipSync(tar),
    Buffer.concat([gzipSync(tar.subarray(0, 4000)), gzipSync(tar.subarray(4000))]),
    zstdCompressSync(tar),
  ]) {
    for (const piece of [5000, 2 ** 20]) digests.add((await extractArchive(uploadOf(bytes, "AUTO", piece), await empty(context))).digest);
  }
  const packed = pack();
  packed.entry({ name: "big" }, await readFile(join(source, "big")));
  packed.entry({ name: "link", type: "symlink", linkname: "big" });
  packed.entry({ name: "left4dead2/cfg/server.cfg" }, "sv_cheats 0\n");
  packed.finalize();
  digests.add((await extractArchive({ format: "TAR", chunks: packed as AsyncIterable<Uint8Array> }, await empty(context))).digest);
  assert.equal(digests.size, 1);
});

test("a first chunk of one byte is enough to tell the format", async (context) => {
  const bytes = gzipSync(tarOf({ name: "a", content: "x" }));
  assert.equal((await extractArchive(uploadOf(bytes, "AUTO", 1), await empty(context))).files, 1);
});

test("a later entry takes the place of an earlier one of its type, and only it counts", async (context) => {
  const target = await empty(context);
  const twice = await extractArchive(
    uploadOf(tarOf({ name: "f", content: "first, and longer" }, link("l", "x"), { name: "f", content: "second" }, link("l", "f"))),
    target,
  );
  const once = await extractArchive(uploadOf(tarOf({ name: "f", content: "second" }, link("l", "f"))), await empty(context));
  assert.equal(await readFile(join(target, "l"), "utf8"), "second");
  assert.deepEqual(twice, once);
});

test("small files, large files and copies of both arrive in their order", async (context) => {
  const target = await empty(context);
  const entries = Array.from({ length: 700 }, (_, n): RawEntry[] => [
    { name: `d${n}/small`, content: `${n}` },
    ...(n % 100 === 99
      ? [
          { name: `d${n}/large`, content: Buffer.alloc(300_000, n) },
          { name: `d${n}/copy`, type: "1", link: `d${n}/large` },
          { name: `d${n}/small`, content: "again" },
        ]
      : []),
  ]).flat();
  const summary = await extractArchive(uploadOf(tarOf(...entries)), target);
  assert.equal(summary.files, 714);
  assert.deepEqual(await adoptTree(target), summary);
  assert.equal(await readFile(join(target, "d599/small"), "utf8"), "again");
});

test("two archives one behind the other are one", async (context) => {
  const target = await empty(context);
  await extractArchive(uploadOf(Buffer.concat([tarOf({ name: "a" }), tarOf({ name: "b" })])), target);
  assert.deepEqual((await readdir(target)).sort(), ["a", "b"]);
});

test("the digest tells contents, names, types and executable bits apart, and nothing else", async (context) => {
  const digestOf = async (...entries: RawEntry[]) => (await extractArchive(uploadOf(tarOf(...entries)), await empty(context))).digest;
  const base = await digestOf({ name: "d/f", content: "x" });
  assert.equal(await digestOf({ name: "d/", type: "5" }, { name: "d/f", content: "x", mode: 0o600 }), base);
  const others = [
    await digestOf({ name: "d/f", content: "y" }),
    await digestOf({ name: "d/g", content: "x" }),
    await digestOf({ name: "d/f", content: "x", mode: 0o755 }),
    await digestOf({ name: "d/f", content: "x" }, { name: "e", type: "5" }),
    await digestOf(link("d/f", "x")),
    await digestOf({ name: "d/f", type: "5" }),
  ];
  assert.equal(new Set([base, ...others]).size, others.length + 1);
});

test("property: the digest does not depend on the order, and a directory has the digest of its archive", async (context) => {
  const tree = fc.dictionary(fc.stringMatching(/^[a-d]{1,2}(\/[a-d]{1,2}){0,2}$/), fc.string({ maxLength: 5 }), {
    minKeys: 1,
    maxKeys: 6,
    noNullPrototype: true,
  });
  await fc.assert(
    fc.asyncProperty(tree, fc.infiniteStream(fc.nat()), async (files, numbers) => {
      const names = Object.keys(files).filter((name) => !Object.keys(files).some((other) => other.startsWith(`${name}/`)));
      const entries = names.map((name): RawEntry => ({ name, content: files[name] ?? "" }));
      const shuffled = entries
        .map((entry) => ({ entry, key: numbers.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ entry }) => entry);
      const target = await empty(context);
      const one = await extractArchive(uploadOf(tarOf(...entries)), target);
      assert.deepEqual(await extractArchive(uploadOf(tarOf(...shuffled)), await empty(context)), one);
      assert.deepEqual(await adoptTree(target), one);
    }),
    { numRuns: 15 },
  );
});

test("a directory is adopted with normalised modes; what an archive may not hold is refused", async (context) => {
  const tree = await empty(context);
  await writeFile(join(tree, "tool"), "x");
  await chmod(join(tree, "tool"), 0o4711);
  await adoptTree(tree);
  assert.equal((await stat(join(tree, "tool"))).mode & 0o7777, 0o775);
  await symlink("/etc/passwd", join(tree, "evil"));
  await assert.rejects(adoptTree(tree), hostError("UPLOAD_REFUSED", /absolute target/));
  const piped = await empty(context);
  execFileSync("mkfifo", [join(piped, "pipe")]);
  await assert.rejects(adoptTree(piped), hostError("UPLOAD_REFUSED", /FIFO/));
});

test("published files get the owner that they are to have", { skip: process.getuid?.() !== 0 && "needs root" }, async (context) => {
  const target = await empty(context);
  await extractArchive(uploadOf(tarOf({ name: "d/f" }, link("l", "d"))), target, { owner: { uid: -1, gid: 12345 } });
  for (const path of ["d", "d/f", "l"]) assert.equal((await lstat(join(target, path))).gid, 12345, path);
  await adoptTree(target, { owner: { uid: 54321, gid: 54321 } });
  for (const path of ["", "d", "d/f", "l"]) assert.equal((await lstat(join(target, path))).uid, 54321, path);
});

test("a stalled upload is left at once when the signal aborts, and leaves nothing", { timeout: 60_000 }, async (context) => {
  const target = await empty(context);
  const abort = new AbortController();
  async function* stalling() {
    yield tarOf({ name: "a", content: "x" }, { name: "big", content: Buffer.alloc(600_000) }).subarray(0, 400_000);
    setTimeout(() => abort.abort(new Error("the client left")), 20);
    await new Promise(() => {});
  }
  await assert.rejects(extractArchive({ format: "AUTO", chunks: stalling() }, target, { signal: abort.signal }), /the client left/);
  assert.deepEqual(await readdir(target), []);
});

test("a failure of the upload comes through as it is", async (context) => {
  for (const size of [10, 700_000]) {
    async function* failing() {
      yield tarOf({ name: "f", content: Buffer.alloc(size) }).subarray(0, 512 + size);
      throw new TypeError("the connection broke");
    }
    const target = await empty(context);
    await assert.rejects(extractArchive({ format: "AUTO", chunks: failing() }, target), /the connection broke/);
    assert.deepEqual(await readdir(target), []);
  }
});

test("an upload is read no faster than it is written", async (context) => {
  let read = 0;
  async function* counted() {
    const bytes = tarOf({ name: "big", content: Buffer.alloc(8 * 2 ** 20) });
    for (let start = 0; start < bytes.length; start += 65536) {
      read += 65536;
      yield bytes.subarray(start, start + 65536);
    }
  }
  const refused = extractArchive({ format: "TAR", chunks: counted() }, await empty(context), { limits: { bytes: 2 ** 20 } });
  await assert.rejects(refused, hostError("UPLOAD_TOO_LARGE"));
  assert.ok(read < 2 ** 21, `${read} bytes were taken of an upload that its first header had condemned`);
});

test("a large upload passes through in bounded memory", async (context) => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const bytes = tarOf({ name: "big", content: Buffer.alloc(48 * 2 ** 20) });
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  let held = 0;
  async function* chunks() {
    for (let start = 0; start < bytes.length; start += 2 ** 20) yield Buffer.from(bytes.subarray(start, start + 2 ** 20));
    collectGarbage();
    held = process.memoryUsage().arrayBuffers - before;
  }
  await extractArchive({ format: "AUTO", chunks: chunks() }, await empty(context));
  assert.ok(held < 16 * 2 ** 20, `${held} bytes of 48 MiB are still held when the last has been read`);
});

test("a full disk is DISK_FULL with what is free, in large files and in batches of small ones", async (context) => {
  const mount = await empty(context);
  const script = `
    import { extractArchive } from ${JSON.stringify(import.meta.resolve("../../../../src/host/unpack/extract-archive.ts"))};
    import { tarOf, uploadOf } from ${JSON.stringify(import.meta.resolve("./tar.ts"))};
    import { setTimeout } from "node:timers/promises";
    const { format, chunks } = uploadOf(tarOf({ name: "big", content: Buffer.alloc(4 * 2 ** 20) }));
    async function* slowly() {
      for await (const chunk of chunks) yield (await setTimeout(2), chunk);
    }
    await extractArchive({ format, chunks: slowly() }, process.argv[1]).catch((error) => console.log(JSON.stringify([error.reason, error.metadata])));
    const small = uploadOf(tarOf(...Array.from({ length: 9000 }, (_, n) => ({ name: "small" + n, content: "x".repeat(400) }))));
    let read = 0;
    async function* counted() {
      for await (const chunk of small.chunks) yield ((read += chunk.length), chunk);
    }
    await extractArchive({ format, chunks: counted() }, process.argv[1]).catch((error) => console.log(JSON.stringify([error.reason, error.metadata])));
    if (read > 6_000_000) console.log('["read on although the disk was full",{}]');`;
  const shell = 'mount -t tmpfs -o size=1m full "$1" || exit 77; exec "$2" --input-type=module -e "$3" "$1"';
  const run = spawnSync("unshare", ["-Urm", "sh", "-c", shell, "sh", mount, process.execPath, script], { encoding: "utf8" });
  if (run.status === 77 || run.stderr.startsWith("unshare: ")) return context.skip(`no user namespaces here: ${run.stderr}`);
  assert.equal(run.status, 0, run.stderr);
  const lines = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as [string, Record<string, string>]);
  assert.deepEqual(
    lines.map(([reason, metadata]) => [reason, metadata["path"]]),
    [
      ["DISK_FULL", mount],
      ["DISK_FULL", mount],
    ],
  );
  assert.match(lines[0]?.[1]["free_bytes"] ?? "", /^\d+$/);
});

test("2000 small files in 200 directories", async (context) => {
  const files = Array.from({ length: 2000 }, (_, n): RawEntry => ({ name: `left4dead2/${n % 200}/${n}.txt`, content: `${n}`.repeat(40) }));
  const bytes = tarOf(...files);
  const summary = await extractArchive(uploadOf(bytes), await empty(context));
  assert.equal(summary.files, 2000);
});

async function empty(context: TestContext): Promise<string> {
  const directory = join(await scratch(context), "tree");
  await mkdir(directory);
  return directory;
}
