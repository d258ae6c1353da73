import { HostError } from "../../domain/host-error.ts";

/** How much an archive may unpack to. Exceeding one raises UPLOAD_TOO_LARGE. */
export type ArchiveLimits = {
  /** Bytes of the unpacked archive, headers and copies of hard links included. */
  readonly bytes: number;
  /** Entries, the directories that they imply included. */
  readonly entries: number;
  /** Characters of all names and link targets together: they are kept in memory until the digest is known. */
  readonly nameCharacters: number;
  /** Unpacked bytes for each packed byte, once 64 MiB are unpacked. Game content reaches about 10. */
  readonly ratio: number;
};

/** The limits unless told otherwise: several times what the game and its largest campaigns need. */
export const defaultArchiveLimits: ArchiveLimits = {
  bytes: 64 * 2 ** 30,
  entries: 2_000_000,
  nameCharacters: 256 * 2 ** 20,
  ratio: 250,
};

/** Below so many unpacked bytes no ratio is too high: a few megabytes of zeros are no attack. */
export const ratioAppliesAbove = 64 * 2 ** 20;

/** The error for an upload beyond a limit. */
export function uploadTooLarge(what: keyof ArchiveLimits, limit: number): HostError {
  const text = {
    bytes: `unpacks to more than ${limit} bytes`,
    entries: `holds more than ${limit} entries`,
    nameCharacters: `holds names of more than ${limit} characters together`,
    ratio: `unpacks to more than ${limit} times its size`,
  }[what];
  return new HostError("UPLOAD_TOO_LARGE", `the archive is refused: it ${text}`, { metadata: { limit: what, maximum: String(limit) } });
}
