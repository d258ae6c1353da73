import { refuseArchive } from "./archive-refused.ts";

/** How an archive is packed, once known. */
export type Packing = "TAR" | "TAR_GZIP" | "TAR_ZSTD";

/** So many first bytes tell the packing. */
export const magicLength = 6;

// Told by name, because people do upload them; sources: the formats' own specifications.
const foreign: readonly (readonly [string, readonly number[]])[] = [
  ["zip", [0x50, 0x4b]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["7-Zip", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ["RAR", [0x52, 0x61, 0x72, 0x21]],
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
  // A tar archive begins with a name, so that "PK…" may also be one; NUL padding or a longer name tells in the header.
  if (other !== undefined && !looksLikeName(head)) throw refuseArchive(`is packed with ${other[0]}; send tar, tar.gz or tar.zst`);
  return "TAR";
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte);
}

/** Whether all bytes are printable: no foreign format's first six are. */
function looksLikeName(head: Uint8Array): boolean {
  return head.every((byte) => byte >= 0x20 && byte < 0x7f);
}
