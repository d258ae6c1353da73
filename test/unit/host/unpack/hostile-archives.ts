import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { ErrorReason } from "../../../../src/domain/host-error.ts";
import type { Upload } from "../../../../src/host/api.ts";
import type { ExtractOptions } from "../../../../src/host/unpack/extract-archive.ts";
import { entryBytes, type RawEntry, tarOf, uploadOf } from "./tar.ts";

/** An upload that must be refused, and leave nothing behind. */
export type HostileArchive = {
  readonly what: string;
  readonly reason: ErrorReason;
  /** What the error says. */
  readonly problem: RegExp;
  /** Each call makes a new one: an upload is read once. */
  readonly upload: () => Upload;
  readonly limits?: ExtractOptions["limits"];
};

const plain: RawEntry = { name: "left4dead2/cfg/plain.cfg", content: "// fine\n" };
const directory = (name: string): RawEntry => ({ name, type: "5", mode: 0o755 });
const link = (name: string, target: string): RawEntry => ({ name, type: "2", link: target });
const long = "n".repeat(256);

/** Every one of these stands behind a harmless entry, so that something had been written already. */
const entries: readonly (readonly [what: string, problem: RegExp, ...entries: RawEntry[]])[] = [
  ["an absolute name", /absolute/, { name: "/etc/passwd" }],
  ["an absolute name behind ./", /absolute/, { name: ".//etc/passwd" }],
  ["the root directory's name", /absolute/, directory("/")],
  ["a name that climbs", /component \\?"\.\./, { name: "../outside" }],
  ["a name that climbs behind ./", /component \\?"\.\./, { name: "./../outside" }],
  ["a name that climbs in its middle", /component \\?"\.\./, { name: "a/../../outside" }],
  ["a name that ends in ..", /component \\?"\.\./, directory("a/..")],
  ["the directory ..", /component \\?"\.\./, directory("..")],
  ["an empty component", /empty name component/, { name: "a//b" }],
  ["a file whose name ends in a slash", /empty name component/, { name: "a/" }],
  ["a second ./", /component \\?"\."/, { name: "././a" }],
  ["a dot in the middle", /component \\?"\."/, { name: "a/./b" }],
  ["an empty name", /no name/, { name: "" }],
  ["a NUL in a pax name", /NUL/, { name: "x", pax: { path: "a\0b" } }],
  ["a line feed in a name", /control character/, { name: "x", pax: { path: "a\nb" } }],
  ["an escape sequence in a name", /control character/, { name: "a\x1b[2Jb" }],
  ["a name that is not UTF-8", /not UTF-8/, { name: Buffer.from([0x61, 0xff, 0xfe]) }],
  ["a component of 256 bytes", /more than 255 bytes/, { name: "x", pax: { path: `a/${long}` } }],
  ["a component of 128 characters and 256 bytes", /more than 255 bytes/, { name: "x", pax: { path: "é".repeat(128) } }],
  ["a name of more than 4096 bytes", /more than 4096 bytes/, { name: "x", pax: { path: `${`${"d".repeat(200)}/`.repeat(21)}f` } }],
  ["65 directories", /64 directories deep/, { name: "x", pax: { path: `${"d/".repeat(64)}f` } }],
  ["a pax path that climbs", /component/, { name: "harmless", pax: { path: "../outside" } }],
  ["a GNU long name that climbs", /component/, { name: "././@LongLink", type: "L", content: "../outside\0" }, { name: "harmless" }],
  ["a symbolic link with an absolute target", /absolute target/, link("a", "/etc/passwd")],
  ["a symbolic link that leaves the tree", /leaves the tree/, link("a", "../outside")],
  ["a symbolic link that leaves the tree from below", /leaves the tree/, link("a/b/c", "../../../outside")],
  ["a symbolic link that climbs behind a name", /behind a name/, link("a", "left4dead2/../../outside")],
  [
    "a symbolic link that would climb from where another one leads",
    /behind a name/,
    directory("d"),
    directory("d/e"),
    link("d/e/up", "../.."),
    link("x", "d/e/up/.."),
  ],
  ["a symbolic link without a target", /without a target/, link("a", "")],
  ["a symbolic link whose pax target is absolute", /absolute target/, { ...link("a", "b"), pax: { linkpath: "/etc/shadow" } }],
  ["a symbolic link with a NUL in its target", /NUL in its target/, { ...link("a", "b"), pax: { linkpath: "b\0c" } }],
  ["a symbolic link that carries data", /carries data/, { ...link("a", "b"), content: "data" }],
  ["a file written through a symbolic link", /below "s", which is a symbolic link/, link("s", "left4dead2"), { name: "s/through" }],
  ["a directory made through a symbolic link", /below "s", which is a symbolic link/, link("s", "left4dead2"), directory("s/through/")],
  ["a symbolic link made through a symbolic link", /below "s", which is a symbolic link/, link("s", "left4dead2"), link("s/t", "x")],
  ["a file below a file", /below "f", which is a file/, { name: "f" }, { name: "f/g" }],
  ["a directory that becomes a symbolic link", /was a directory earlier/, directory("d"), link("d", "left4dead2")],
  ["a symbolic link that becomes a directory", /was a symbolic link earlier/, link("d", "left4dead2"), directory("d")],
  ["a symbolic link that becomes a file", /was a symbolic link earlier/, link("d", "left4dead2/cfg/plain.cfg"), { name: "d" }],
  ["a file that becomes a symbolic link", /was a file earlier/, { name: "d" }, link("d", "left4dead2")],
  ["a hard link to a file outside", /component/, { name: "h", type: "1", link: "../outside" }],
  ["a hard link to an absolute name", /absolute/, { name: "h", type: "1", link: "/etc/passwd" }],
  ["a hard link to nothing", /no earlier regular file/, { name: "h", type: "1", link: "later" }, { name: "later" }],
  ["a hard link to a directory", /no earlier regular file/, { name: "h", type: "1", link: "left4dead2" }],
  ["a hard link to a symbolic link", /no earlier regular file/, link("s", "left4dead2"), { name: "h", type: "1", link: "s" }],
  ["a hard link to itself", /to itself/, { name: "f", content: "x" }, { name: "f", type: "1", link: "f" }],
  ["a hard link that carries data", /carries data/, { name: "h", type: "1", link: "left4dead2/cfg/plain.cfg", content: "data" }],
  ["a character device", /a device/, { name: "null", type: "3" }],
  ["a block device", /a device/, { name: "sda", type: "4" }],
  ["a FIFO", /a FIFO/, { name: "pipe", type: "6" }],
  ["a GNU sparse file", /type that is not taken/, { name: "sparse", type: "S" }],
  ["a pax sparse file", /sparse/, { name: "GNUSparseFile.0/a", pax: { "GNU.sparse.major": "1", "GNU.sparse.name": "a" } }],
  ["a volume label", /type that is not taken/, { name: "label", type: "V" }],
  ["an unknown type", /type that is not taken/, { name: "odd", type: "z" }],
  ["a whiteout of overlayfs, a device 0/0", /a device/, { name: "left4dead2/cfg/.wh.gone", type: "3" }],
  ["a socket, as star calls it", /type that is not taken/, { name: "socket", type: "s" }],
  ["a multi-volume continuation", /type that is not taken/, { name: "rest", type: "M" }],
  ["a directory dump of GNU tar", /type that is not taken/, { name: "dump", type: "D", content: "Yfile\0\0" }],
  ["a GNU long name that is absolute", /absolute/, { name: "././@LongLink", type: "L", content: "/etc/passwd\0" }, { name: "harmless" }],
  [
    "a GNU long name of 5000 bytes",
    /more than 4096 bytes/,
    { name: "././@LongLink", type: "L", content: `${`${"d".repeat(99)}/`.repeat(50)}\0` },
    { name: "harmless" },
  ],
  [
    "a GNU long link that leaves the tree",
    /leaves the tree/,
    { name: "././@LongLink", type: "K", content: "../outside\0" },
    link("a", "b"),
  ],
  [
    "a pax name over a GNU long name",
    /component/,
    { name: "././@LongLink", type: "L", content: "fine\0" },
    { name: "x", pax: { path: "../out" } },
  ],
  ["links in a chain that leave the tree at its end", /leaves the tree/, link("a", "b"), link("b", "c"), link("c", "../outside")],
  [
    "a hard link through a symbolic link",
    /below "s", which is a symbolic link|no earlier regular file/,
    link("s", "left4dead2"),
    { name: "h", type: "1", link: "s/cfg/plain.cfg" },
  ],
  [
    "a hard link below a symbolic link",
    /below "s", which/,
    link("s", "left4dead2"),
    { name: "s/h", type: "1", link: "left4dead2/cfg/plain.cfg" },
  ],
  [
    "a symbolic link that takes a parent's place",
    /was a directory earlier/,
    link("left4dead2", "elsewhere"),
    { name: "left4dead2/through" },
  ],
  ["a file that takes a parent's place", /was a directory earlier/, { name: "left4dead2/cfg" }],
  [
    "a symbolic link in another case of a directory, and a way through it",
    /below "LEFT4DEAD2", which/,
    link("LEFT4DEAD2", "left4dead2"),
    { name: "LEFT4DEAD2/cfg/evil.cfg" },
  ],
  [
    "a hard link that becomes a symbolic link",
    /was a file earlier/,
    { name: "h", type: "1", link: "left4dead2/cfg/plain.cfg" },
    link("h", "x"),
  ],
  ["a directory that becomes a device", /a device/, directory("d"), { name: "d", type: "3" }],
  ["a size that is no decimal number", /impossible size/, { name: "f", pax: { size: "0x10" } }],
  ["a directory that carries data", /carries data/, { ...directory("d"), size: 512 }],
  ["an impossible size", /impossible size|damaged/, { name: "f", pax: { size: "99999999999999999999" } }],
  ["a negative size", /damaged/, { name: "f", pax: { size: "-1" } }],
];

const whole = tarOf(plain, { name: "big", content: Buffer.alloc(5000, "x") });
const bent = Buffer.from(whole);
bent[20] = 0x7f;
const badCrc = gzipSync(whole);
badCrc[badCrc.length - 6] = (badCrc[badCrc.length - 6] ?? 0) ^ 0xff;

/** An archive whose second entry claims a size that is written in base 256 (GNU tar): first byte, all the others. */
function oddSize(first: number, others = first): Buffer {
  const block = entryBytes({ name: "odd" });
  block.fill(others, 124, 136);
  block[124] = first;
  block.fill(" ", 148, 156);
  block.write(
    `${block
      .reduce((total, byte) => total + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return Buffer.concat([entryBytes(plain), block, Buffer.alloc(1024)]);
}

function cutBehind(entry: RawEntry): Buffer {
  return Buffer.concat([entryBytes(plain), entryBytes(entry)]);
}

const archives: readonly (readonly [what: string, problem: RegExp, bytes: Uint8Array, format?: Upload["format"]])[] = [
  ["a header with a size of -1 in base 256", /impossible size/, oddSize(0xff)],
  ["a header with a hugely negative size", /damaged|impossible size/, oddSize(0xff, 0)],
  ["a header with a size beyond what can be counted", /impossible size/, oddSize(0x80, 0x7f)],
  ["an archive that ends behind the header of a directory", /cut off/, cutBehind({ name: "d/", type: "5" })],
  ["an archive that ends behind the header of a symbolic link", /cut off/, cutBehind({ name: "s", type: "2", link: "plain" })],
  ["an archive that ends behind a GNU long name", /cut off/, cutBehind({ name: "././@LongLink", type: "L", content: "fine\0" })],
  ["an archive that ends behind a global pax header", /cut off/, cutBehind({ name: "g", type: "g", content: "" })],
  ["a whole archive and the beginning of another", /cut off|damaged/, Buffer.concat([whole, whole.subarray(0, 700)])],
  ["a whole archive and a script", /cut off|damaged/, Buffer.concat([whole, Buffer.from("#!/bin/sh\nexit\n".padEnd(512, " "))])],
  [
    "two gzip members of which the second is hostile",
    /component/,
    Buffer.concat([gzipSync(whole), gzipSync(tarOf({ name: "../outside" }))]),
  ],
  ["gzip in gzip", /no tar archive|damaged|cut off/, gzipSync(gzipSync(whole))],
  ["an empty upload", /is empty/, Buffer.alloc(0)],
  ["an empty upload called tar", /cut off/, Buffer.alloc(0), "TAR"],
  ["one zero block", /cut off/, Buffer.alloc(512)],
  ["an archive that ends inside a header", /cut off/, whole.subarray(0, 1024 + 100)],
  ["an archive that ends inside a file", /cut off/, whole.subarray(0, 1024 + 512 + 2000)],
  ["an archive that ends between two entries", /cut off/, whole.subarray(0, 1024)],
  ["an archive that ends behind a file of zeros", /cut off/, entryBytes({ name: "zeros", content: Buffer.alloc(4096) })],
  ["an archive with one zero block at its end", /cut off/, Buffer.concat([entryBytes(plain), Buffer.alloc(512)])],
  [
    "an archive that ends behind a pax header",
    /cut off/,
    Buffer.concat([entryBytes(plain), entryBytes({ name: "x", pax: { path: "y" } }).subarray(0, 1024)]),
  ],
  ["a header with a wrong checksum", /damaged/, bent],
  ["rubbish behind the end", /damaged|cut off/, Buffer.concat([whole, Buffer.from("rubbish".repeat(200))])],
  ["text", /no tar archive: it begins with the text "hello";.*send a tar archive/, Buffer.from("hello\nworld\n")],
  ["much text", /no tar archive: it begins with the text "this is not/, Buffer.from("this is not an archive at all\n".repeat(100))],
  ["packed text", /no tar archive: it begins with the text "x{40}…"/, gzipSync("x".repeat(5000))],
  ["bytes without a NUL", /no tar archive: it begins with the bytes ffffffffffffffff/, Buffer.alloc(600, 0xff)],
  ["a v7 archive without magic", /damaged/, tarOf({ ...plain, magic: "\0\0\0\0\0\0\0\0" })],
  ["gzip that ends early", /cut off/, gzipSync(whole).subarray(0, -12)],
  ["gzip with a wrong checksum", /gzip/, badCrc],
  ["gzip with rubbish behind it", /gzip/, Buffer.concat([gzipSync(whole), Buffer.from("rubbish")])],
  ["zstd that ends early", /cut off/, zstdCompressSync(whole).subarray(0, -8)],
  ["plain tar called gzip", /gzip/, whole, "TAR_GZIP"],
  ["zstd with other bytes behind its end", /zstd/, Buffer.concat([zstdCompressSync(whole), Buffer.alloc(200_000, 1)])],
  ["plain tar called zstd", /zstd/, whole, "TAR_ZSTD"],
  ["gzip called plain tar", /no tar archive|damaged|cut off/, gzipSync(whole), "TAR"],
  ["a zip archive", /packed with zip/, Buffer.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0])],
  ["an xz archive", /packed with xz/, Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4])],
  ["a bzip2 archive", /packed with bzip2/, Buffer.from([0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0, 1])],
];

const zeros = tarOf({ name: "zeros", content: Buffer.alloc(80 * 2 ** 20) });
/** Small entries, in time that does not count. */
function manyFiles(count: number): Buffer {
  return Buffer.concat([...Array.from({ length: count }, (_, n) => entryBytes({ name: `f${n}` })), Buffer.alloc(1024)]);
}

const tooLarge: readonly (readonly [what: string, bytes: Uint8Array, limits: ExtractOptions["limits"]])[] = [
  ["more bytes than allowed", tarOf(plain, { name: "big", content: Buffer.alloc(20_000) }), { bytes: 10_000 }],
  [
    "a declared size beyond the limit, before its content",
    Buffer.concat([entryBytes(plain), entryBytes({ name: "big", size: 2 ** 33 - 1 })]),
    { bytes: 2 ** 30 },
  ],
  [
    "hard links that multiply a file",
    tarOf({ name: "f", content: Buffer.alloc(4000) }, ...[1, 2, 3, 4].map((n): RawEntry => ({ name: `h${n}`, type: "1", link: "f" }))),
    { bytes: 12_000 },
  ],
  ["more entries than allowed", tarOf(plain, { name: "a" }, { name: "b" }, { name: "c" }), { entries: 5 }],
  ["one name over and over", tarOf(...Array.from({ length: 50 }, () => plain)), { entries: 20 }],
  ["directories that entries imply", tarOf({ name: "a/b/c/d/e/f/g/h" }), { entries: 7 }],
  [
    "names that would fill the memory",
    tarOf(...Array.from({ length: 40 }, (_, n): RawEntry => ({ name: `${n}`, pax: { path: `${n}${"x".repeat(200)}` } }))),
    { nameCharacters: 5000 },
  ],
  ["a decompression bomb of gzip", gzipSync(zeros), {}],
  ["a decompression bomb of zstd", zstdCompressSync(zeros), {}],
  [
    "a bomb of small files",
    gzipSync(tarOf(...Array.from({ length: 3000 }, (_, n): RawEntry => ({ name: `${n}`, content: Buffer.alloc(4096) })))),
    { bytes: 2 ** 20 },
  ],
  ["100 000 files where 2 000 are allowed", gzipSync(manyFiles(100_000)), { entries: 2000 }],
  ["compressed zeros behind the end", gzipSync(Buffer.concat([whole, Buffer.alloc(2 ** 20)])), { bytes: 100_000 }],
];

const digest = createHash("sha256").update(whole).digest("hex");
const announcements: readonly (readonly [what: string, problem: RegExp, announced: Partial<Upload>])[] = [
  ["more bytes than announced", /more than the 6000 bytes that were announced/, { sizeBytes: 6000 }],
  ["fewer bytes than announced", /has \d+ bytes, of 90000 that were announced/, { sizeBytes: 90_000 }],
  ["another digest than announced", new RegExp(`has the SHA-256 ${digest}, not 0{64}`), { sha256: "0".repeat(64) }],
];

/** All of them. */
export const hostileArchives: readonly HostileArchive[] = [
  ...entries.map(([what, problem, ...hostile]): HostileArchive => {
    const bytes = tarOf(plain, ...hostile);
    return { what, reason: "UPLOAD_REFUSED", problem, upload: () => uploadOf(bytes) };
  }),
  ...archives.map(
    ([what, problem, bytes, format]): HostileArchive => ({
      what,
      reason: "UPLOAD_REFUSED",
      problem,
      upload: () => uploadOf(bytes, format, 1000),
    }),
  ),
  ...tooLarge.map(
    ([what, bytes, limits]): HostileArchive => ({
      what,
      reason: "UPLOAD_TOO_LARGE",
      problem: /more than/,
      upload: () => uploadOf(bytes),
      limits,
    }),
  ),
  ...announcements.map(
    ([what, problem, announced]): HostileArchive => ({
      what,
      reason: "UPLOAD_REFUSED",
      problem,
      upload: () => ({ ...uploadOf(whole, "TAR", 1000), ...announced }),
    }),
  ),
];
