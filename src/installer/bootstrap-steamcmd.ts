import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { HostError } from "../domain/host-error.ts";
import { isProgram } from "../exec/find-program.ts";
import { extractArchive } from "../host/unpack/extract-archive.ts";
import { InstallationFailed } from "./installation-failed.ts";
import type { InstallerSettings } from "./installer-settings.ts";

/** Valve's archive has 3 MB, and unpacked 5. */
const mostPackedBytes = 64 * 2 ** 20;
const limits = { bytes: 256 * 2 ** 20, entries: 10_000 };
const prefix = "steamcmd.new-";

/**
 * Downloads SteamCMD to steamcmd/ in the home directory: all of it or nothing.
 *
 * @throws InstallationFailed STEAMCMD_DOWNLOAD_FAILED; HostError DISK_FULL; the signal's reason
 */
export async function bootstrapSteamcmd(settings: InstallerSettings, signal: AbortSignal): Promise<void> {
  removeOlder(settings.home);
  const staging = mkdtempSync(join(settings.home, prefix));
  try {
    await download(settings, staging, signal);
    if (!isProgram(join(staging, "steamcmd.sh"))) throw failed(settings, "the archive holds no executable steamcmd.sh");
    chmodSync(staging, 0o750);
    const target = join(settings.home, "steamcmd");
    rmSync(target, { recursive: true, force: true });
    renameSync(staging, target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function download(settings: InstallerSettings, target: string, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(settings.downloadMs);
  const ending = AbortSignal.any([signal, late]);
  try {
    const response = await fetch(settings.address, { signal: ending });
    if (!response.ok || response.body === null) throw failed(settings, `the answer is ${response.status} ${response.statusText}`.trim());
    const announced =
      response.headers.get("content-encoding") === null ? Number(response.headers.get("content-length") ?? Number.NaN) : Number.NaN;
    const upload = {
      format: "AUTO" as const,
      chunks: limited(settings, response.body),
      ...(Number.isSafeInteger(announced) ? { sizeBytes: announced } : {}),
    };
    await extractArchive(upload, target, { limits, signal: ending });
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw failed(settings, `it was not there within ${settings.downloadMs / 1000} s`);
    if (error instanceof InstallationFailed || (error instanceof HostError && error.reason === "DISK_FULL")) throw error;
    throw failed(settings, problemOf(error));
  }
}

async function* limited(settings: InstallerSettings, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > mostPackedBytes) throw failed(settings, `it has more than ${mostPackedBytes} bytes`);
    yield chunk;
  }
}

/** fetch says only that it failed, and why one level deeper. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && !(error instanceof HostError) ? `${error.message} (${error.cause.message})` : error.message;
}

function failed({ address }: InstallerSettings, problem: string): InstallationFailed {
  return new InstallationFailed("STEAMCMD_DOWNLOAD_FAILED", { address, problem });
}

/** What killed installers have left. */
function removeOlder(home: string): void {
  for (const name of readdirSync(home)) if (name.startsWith(prefix)) rmSync(join(home, name), { recursive: true, force: true });
}
