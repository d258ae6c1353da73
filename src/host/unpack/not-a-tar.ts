import type { HostError } from "../../domain/host-error.ts";
import { refuseArchive } from "./archive-refused.ts";

/** So many first bytes are looked at: one header. */
export const headerBytes = 512;

/**
 * The error for bytes that are no tar archive at all; undefined when they begin as one may begin.
 *
 * A header is padded with NULs, a text holds none: who uploads a file by mistake should not hear that it was cut off.
 * @param head the first bytes, at most {@link headerBytes}
 */
export function notATar(head: Uint8Array): HostError | undefined {
  if (head.length === 0 || head.includes(0)) return undefined;
  return refuseArchive(`is no tar archive: it begins with ${beginningOf(head)}; send a tar archive, plain or packed with gzip or zstd`);
}

/** The first line, or the first bytes of what is no text. */
function beginningOf(head: Uint8Array): string {
  const [line = ""] = new TextDecoder().decode(head).split(/\r?\n/, 1);
  if (/\ufffd|[\x00-\x08\x0e-\x1f]/.test(line)) return `the bytes ${Buffer.from(head.subarray(0, 8)).toString("hex")}`;
  return `the text ${JSON.stringify(line.length > 40 ? `${line.slice(0, 40)}…` : line)}`;
}
