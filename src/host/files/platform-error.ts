import { HostError } from "../../domain/host-error.ts";
import { errorCode } from "./disk-full.ts";

type Row = (found: string, path: string) => HostError;

/** What the machine refuses, by the codes of errno(3): what callers are told of it. */
const rows: Readonly<Record<string, Row>> = {
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  EROFS: (found, path) =>
    new HostError(
      "DRIVER_UNAVAILABLE",
      `nothing can be written below LEFT4ME_ROOT: its file system is read-only (${found}); look why (dmesg, findmnt), and remount it`,
      { metadata: { problem: "root-not-writable", path } },
    ),
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
};

/** What callers are told of an error of the platform that is nobody's mistake; undefined for any other error. */
export function platformError(error: unknown): HostError | undefined {
  const row = rows[errorCode(error) ?? ""];
  if (row === undefined || !(error instanceof Error)) return undefined;
  const { reason, message, metadata } = row(error.message, "path" in error ? String(error.path) : "");
  return new HostError(reason, message, { metadata, cause: error });
}

function diskFull(found: string, path: string): HostError {
  return new HostError("DISK_FULL", `there is no room below LEFT4ME_ROOT (${found}); remove builds or overlays, or enlarge the disk`, {
    metadata: { path, problem: found },
  });
}

function tooManyFiles(found: string): HostError {
  return new HostError(
    "TOO_MANY_FILES",
    `the host has as many descriptors open as it may have (${found}); close connections, or raise the limit (LimitNOFILE of its unit, ulimit -n)`,
    { metadata: { problem: found } },
  );
}
