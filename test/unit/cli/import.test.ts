import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { promisify } from "node:util";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { extract } from "tar-stream";
import { openArchive } from "../../../src/cli/input/archive-source.ts";
import { listTree } from "../../../src/cli/input/pack-directory.ts";
import type { Terminal } from "../../../src/cli/output/terminal.ts";
import { Code, UploadFormat } from "../../../src/client/index.ts";
import { createFakeHost } from "../../../src/testing/index.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";

type Parts = AsyncIterable<{
  part: { case: "header"; value: object } | { case: "chunk"; value: Uint8Array } | { case: undefined; value?: undefined };
}>;

async function importHost() {
  const uploads: { header: Record<string, unknown>; bytes: Buffer }[] = [];
  const receive = async (messages: Parts) => {
    let header = {};
    const chunks: Uint8Array[] = [];
    for await (const { part } of messages) {
      if (part.case === "header") header = part.value;
      if (part.case === "chunk") chunks.push(part.value);
    }
    uploads.push({ header, bytes: Buffer.concat(chunks) });
  };
  const host = await startSocketHost({
    installation: {
      async importBuild(messages) {
        await receive(messages as Parts);
        return { build: { id: "b1", active: uploads.at(-1)?.header["activate"] === true, sizeBytes: 2048n, files: 3n }, changed: true };
      },
    },
    host: {
      async importOverlay(messages) {
        await receive(messages as Parts);
        return { overlay: { ref: "standard", usedBy: ["a", "b"] }, changed: uploads.length === 1 };
      },
      deleteOverlay: ({ ref }) => {
        if (ref === "used")
          throw failure(Code.FailedPrecondition, "OVERLAY_IN_USE", "used is in use", { metadata: { ref, used_by: "alpha" } });
        return { changed: ref === "standard" };
      },
      listOverlays: () => ({
        overlays: [
          { ref: "hand/made", mutable: true, editedInUse: true },
          { ref: "standard", version: "sha256-0123456789abcdef", sizeBytes: 1000n, files: 2n, usedBy: ["a", "b"] },
        ],
      }),
    },
  });
  return { host, uploads, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

async function tree(directory: string): Promise<string> {
  const root = join(directory, "game");
  await mkdir(join(root, "left4dead2/cfg"), { recursive: true });
  await writeFile(join(root, "srcds_run"), "#!/bin/sh\n");
  await chmod(join(root, "srcds_run"), 0o755);
  await writeFile(join(root, "left4dead2/empty"), "");
  await writeFile(join(root, "left4dead2/big"), Buffer.alloc(3_000_000, "z"));
  await writeFile(join(root, `left4dead2/${"ü".repeat(60)}.txt`), "long name");
  await symlink("srcds_run", join(root, "link"));
  return root;
}

async function unpack(bytes: Buffer): Promise<string[]> {
  const seen: string[] = [];
  for await (const entry of Readable.from([bytes]).pipe(extract())) {
    const { name, type, mode, size, linkname } = entry.header;
    seen.push(`${type} ${name} ${(mode ?? 0).toString(8)} ${type === "symlink" ? linkname : size}`);
    entry.resume();
  }
  return seen;
}

test("install --import packs a directory on the way: files, directories, links, long names", async () => {
  await using setup = await importHost();
  await tree(setup.host.directory);
  const { code, out, err } = await run(["install", "--import", "game", "--address", setup.host.address], { cwd: setup.host.directory });
  assert.equal(code, 0, err);
  assert.equal(out, "build b1: imported, 2.0 KiB in 3 files; active\n");
  assert.match(err, /^build: 2\.\d MiB sent in .*; the host checks and publishes it\n$/);
  assert.equal(setup.uploads[0]?.header["format"], UploadFormat.TAR);
  assert.deepEqual(await unpack(setup.uploads[0].bytes), [
    "directory left4dead2 755 0",
    "file left4dead2/big 644 3000000",
    "directory left4dead2/cfg 755 0",
    "file left4dead2/empty 644 0",
    `file left4dead2/${"ü".repeat(60)}.txt 644 9`,
    "symlink link 777 srcds_run",
    "file srcds_run 755 10",
  ]);
});

test("a tar archive is sent as it is, from a file or standard input; --no-activate; a bar on a terminal; --json", async () => {
  await using setup = await importHost();
  await writeFile(join(setup.host.directory, "game.tar.gz"), "not really");
  const options = { cwd: setup.host.directory };
  const address = ["--address", setup.host.address];
  const kept = await run(["install", "--import", "game.tar.gz", "--no-activate", ...address], options);
  assert.match(kept.out, /; activate it: l4d2ctl --address \S+ activate b1\n$/);
  const piped = await run(["install", "--import", "-", "--json", ...address], { stdin: "piped", isTty: true });
  assert.equal((JSON.parse(piped.out) as { changed: boolean }).changed, true);
  assert.match(piped.err, /\r.*sent in/);
  assert.deepEqual(
    setup.uploads.map(({ bytes }) => bytes.toString()),
    ["not really", "piped"],
  );
  assert.deepEqual(
    setup.uploads.map(({ header }) => header["sizeBytes"]),
    [10n, undefined],
    "the size is announced where it is known",
  );
});

test("a real host takes a directory, .tar, .tar.gz, .tgz and .tar.zst, and finds the same build in each", async () => {
  const directory = await mkdtemp(join(tmpdir(), "l4m-"));
  await tree(directory);
  await promisify(execFile)("tar", ["-cf", "game.tar", "-C", "game", "."], { cwd: directory });
  const plain = await readFile(join(directory, "game.tar"));
  await writeFile(join(directory, "game.tar.gz"), gzipSync(plain));
  await writeFile(join(directory, "game.tgz"), gzipSync(plain));
  await writeFile(join(directory, "game.tar.zst"), zstdCompressSync(plain));
  const fake = await createFakeHost({ withoutBuild: true });
  const told: string[] = [];
  for (const path of ["game", "game.tar", "game.tar.gz", "game.tgz", "game.tar.zst"]) {
    const { code, out, err } = await run(["install", "--import", path, "--address", fake.address], { cwd: directory });
    assert.equal(code, 0, `${path}: ${err}`);
    told.push(out);
  }
  await fake.close();
  await rm(directory, { recursive: true });
  const [first = "", ...others] = told;
  assert.match(first, /^build \w+: imported, 2\.9 MiB in \d files; active\n$/);
  assert.deepEqual(new Set(others), new Set([first.replace("imported", "known already")]));
});

test("what cannot be imported is refused before anything is sent", async () => {
  await using setup = await importHost();
  const root = await tree(setup.host.directory);
  await promisify(execFile)("mkfifo", [join(root, "pipe")]);
  const fifo = await run(["install", "--import", root, "--address", setup.host.address]);
  assert.equal(fifo.code, 2);
  assert.match(fifo.err, /pipe is neither a file, a directory nor a symbolic link/);
  const absent = await run(["install", "--import", "absent", "--address", setup.host.address]);
  assert.deepEqual([absent.code, absent.err.split("\n")[0]], [2, "error: cannot read absent: no such file or directory"]);
  assert.equal(setup.uploads.length, 0);
});

test("what made an upload fail stands in a line of its own, below the bar", async () => {
  let isDrawn = false;
  await using host = await startSocketHost({
    host: {
      async importOverlay(messages) {
        for await (const _ of messages) if (isDrawn) throw failure(Code.ResourceExhausted, "DISK_FULL", "the disk is full");
        return {};
      },
    },
  });
  const stdin = new PassThrough();
  const writing = setInterval(() => stdin.write("x"), 20);
  const onErr = () => {
    isDrawn = true;
  };
  const { code, err } = await run(["overlays", "import", "standard", "-", "--address", host.address], { stdin, isTty: true, onErr });
  clearInterval(writing);
  assert.equal(code, 11);
  assert.match(err, /^\roverlay standard: .*\/s\x1b\[K\nerror: the disk is full\n/);
});

test("Ctrl-C ends the reading of a directory before anything is sent", async () => {
  await using setup = await importHost();
  const cwd = await tree(setup.host.directory);
  const interrupted = AbortSignal.abort("SIGINT");
  const isInterruption = (reason: unknown) => reason === "SIGINT";
  await assert.rejects(listTree(cwd, interrupted), isInterruption);
  const session = { terminal: { cwd, interrupted } as Terminal, change: { signal: interrupted } };
  await assert.rejects(openArchive(session, "."), isInterruption);
});

test("overlays: import, unchanged, list, delete, in use", async () => {
  await using setup = await importHost();
  await tree(setup.host.directory);
  const address = ["--address", setup.host.address];
  const options = { cwd: setup.host.directory };
  assert.equal(
    (await run(["overlays", "import", "standard", "game", ...address], options)).out,
    "overlay standard: imported; used by a, b: a restart applies it\n",
  );
  assert.equal((await run(["overlays", "import", "standard", "game", ...address], options)).out, "overlay standard: unchanged\n");
  assert.equal(setup.uploads[0]?.header["ref"], "standard");
  const table = [
    "OVERLAY    VERSION              SIZE    FILES  USED BY  REMARKS",
    "hand/made                                               put there by hand; edited while in use",
    "standard   sha256-0123456789ab  1000 B  2      a, b",
    "",
  ].join("\n");
  assert.equal((await run(["overlays", "list", ...address])).out, table);
  assert.equal((await run(["overlays", ...address])).out, table);
  assert.equal((JSON.parse((await run(["overlays", "list", "--json", ...address])).out) as unknown[]).length, 2);
  assert.equal((await run(["overlays", "delete", "standard", ...address])).out, "overlay standard: deleted\n");
  assert.equal((await run(["overlays", "delete", "gone", ...address])).out, "overlay gone: no such overlay, nothing to delete\n");
  const used = await run(["overlays", "delete", "used", ...address]);
  assert.deepEqual([used.code, used.err], [7, "error: used is in use\nhint: take it out of the specifications of alpha first\n"]);
});
