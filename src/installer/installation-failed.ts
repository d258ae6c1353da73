import { formatBytes } from "../domain/format-bytes.ts";
import { HostError } from "../domain/host-error.ts";
import type { InstallFailure } from "../domain/install-job.ts";
import { type FailureReason, type FailureRow, failureTable } from "./failure-table.ts";

/** What else is known of a failure. */
export type FailureDetails = { readonly exitCode?: number; readonly stderr?: string };

/** Ends an installation; holds what callers are told. */
export class InstallationFailed extends Error {
  override readonly name = "InstallationFailed";
  readonly failure: InstallFailure;

  /** @param metadata every value of the reason's texts in the failure table; longer ones are cut */
  constructor(reason: FailureReason, metadata: Readonly<Record<string, string>>, details: FailureDetails = {}) {
    const row: FailureRow = failureTable[reason];
    const values = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, value.slice(0, 1000)]));
    const cause = fill(row, values);
    super(cause);
    this.failure = {
      reason,
      cause,
      cure: row.cure,
      ...(details.exitCode === undefined ? {} : { exitCode: details.exitCode }),
      signal: values["signal"] ?? "",
      stderr: lastBytes(details.stderr ?? "", 4096),
      metadata: values,
    };
  }
}

/** Any error as a failure: one of the installer's own, one of the host's, or a defect. */
export function asInstallationFailed(error: unknown): InstallationFailed {
  if (error instanceof InstallationFailed) return error;
  if (error instanceof HostError && error.reason === "DISK_FULL")
    return new InstallationFailed("DISK_FULL", { needed_bytes: "", ...error.metadata });
  if (error instanceof HostError) return new InstallationFailed("HELPER_FAILED", { problem: error.message });
  return new InstallationFailed("INTERNAL", { problem: error instanceof Error ? error.message : String(error) });
}

function fill({ causes }: FailureRow, values: Readonly<Record<string, string>>): string {
  const namesIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const text = causes.find((cause) => namesIn(cause).every((name) => (values[name] ?? "") !== "")) ?? causes.at(-1) ?? "";
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => shown(name, values[name] ?? ""));
}

function shown(name: string, value: string): string {
  return name.endsWith("_bytes") && /^\d+$/.test(value) ? formatBytes(BigInt(value)) : value;
}

function lastBytes(text: string, length: number): string {
  const bytes = Buffer.from(text);
  // A character that is cut in two would become U+FFFD, which is longer than what it replaces.
  return bytes.length <= length
    ? text
    : bytes
        .subarray(-length)
        .toString()
        .replace(/^\ufffd+/, "");
}
