import { refuseArchive } from "./archive-refused.ts";

/** How an archive is packed, once known. */
export type Packing = "TAR" | "TAR_GZIP" | "TAR_ZSTD";

/** So many first bytes tell the packing. */
export const magicLength = 10;

/** Stands for any byte. */
const any = -1;

// Told by name, because people do upload them; sources: the formats' own specifications. Whole signatures: a tar archive begins
// with a name, and that may begin with "PK" or "BZh".
const foreign: readonly (readonly [string, readonly number[]])[] = [
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
  ["zip", [0x50, 0x4b, 0x05, 0x06]], // without entries
  ["bzip2", [0x42, 0x5a, 0x68, any, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]],
  ["bzip2", [0x42, 0x5a, 0x68, any, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90]], // without blocks
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["7-Zip", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ["RAR", [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
];

/**
 * Tells the packing from an archive's first bytes: gzip (RFC 1952), zstd (RFC 8878), else tar.
 *
 * @throws HostError UPLOAD_REFUSED for an empty upload and for formats that are known but not taken
 */
export function detectPacking(head: Uint8Array): Packing {
  if (head.length === 0) throw refuseArchive("is empty");
  if (startsWith(head, [0x1f, 0x8b])) return "TAR_GZIP";
  if (startsWith(head, [0x28, 0xb5, 0x2f, 0xfd])) return "TAR_ZSTD";
  const other = foreign.find(([, magic]) => startsWith(head, magic));
  if (other !== undefined) throw refuseArchive(`is packed with ${other[0]}; send tar, tar.gz or tar.zst`);
  return "TAR";
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => byte === any || bytes[index] === byte);
}
