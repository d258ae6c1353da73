import { statfsSync } from "node:fs";
import { type ErrorReason, HostError } from "../../../domain/host-error.ts";
import { type HelperFailure, stageName } from "./run-directory.ts";

/** The exit codes of left4me-overlay (systemd/README.md). */
const reasons: Readonly<Record<number, ErrorReason>> = {
  2: "HELPER_REFUSED",
  3: "HELPER_REFUSED",
  4: "MOUNT_BUSY",
  5: "UPPER_INCOMPATIBLE",
  6: "ARCHIVE_NOT_FOUND",
  7: "DISK_FULL",
};

/** The error for a helper that has failed, with the metadata that error_reason.proto promises. */
export function helperError({ verb, name, exitCode, text }: HelperFailure): HostError {
  const reason = reasons[exitCode] ?? "HELPER_FAILED";
  const command = name === stageName ? `left4me-overlay ${verb}` : `left4me-overlay ${verb} ${name}`;
  return new HostError(reason, messageOf(reason, command, exitCode, text), {
    metadata: { command, exit_code: String(exitCode), stderr: text.slice(-3500), ...detailsOf(reason, name, text) },
  });
}

function messageOf(reason: ErrorReason, command: string, code: number, text: string): string {
  const said = text === "" ? "" : `: ${text}`;
  if (reason === "MOUNT_BUSY") return `${command} was refused${said}; end that process, then try again`;
  if (reason === "HELPER_REFUSED") return `${command} was refused${said}`;
  if (reason === "UPPER_INCOMPATIBLE" || reason === "ARCHIVE_NOT_FOUND") return text;
  return `${command} exited with code ${code}${said}`;
}

function detailsOf(reason: ErrorReason, name: string, text: string): Record<string, string> {
  if (reason === "MOUNT_BUSY") {
    const [, pid = "", command = ""] = /pid (\d+) \(([^)]*)\)/.exec(text) ?? [];
    return { pid, command };
  }
  if (reason === "UPPER_INCOMPATIBLE") {
    const [, found = "", expected = ""] = /has the format "(.*)", this driver needs "(.*)"/.exec(text) ?? [];
    const archive = /^archive (\S+) of/.exec(text)?.[1];
    return { name, found, expected, ...(archive === undefined ? {} : { archive }) };
  }
  if (reason === "ARCHIVE_NOT_FOUND") return { name, archive: /archive (\S+) of/.exec(text)?.[1] ?? "" };
  if (reason === "DISK_FULL") return { path: storeRoot, free_bytes: freeBytes(storeRoot) };
  return {};
}

/** Where the helper writes. */
const storeRoot = "/var/lib/left4me";

function freeBytes(path: string): string {
  try {
    const { bavail, bsize } = statfsSync(path, { bigint: true });
    return String(bavail * bsize);
  } catch {
    return "unknown";
  }
}

/** The error for a unit that failed without a word from its helper. */
export function unitFailed(command: string, found: string): HostError {
  return new HostError("HELPER_FAILED", `${command} failed: ${found}; journalctl -b shows why`, {
    metadata: { command, exit_code: "", stderr: found },
  });
}
