import { randomBytes } from "node:crypto";
import { open, readdir, readFile, rename, symlink, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { z } from "zod";
import { HostError } from "../../domain/host-error.ts";
import { explainDiskError } from "./disk-error.ts";
import { errorCode } from "./disk-full.ts";
import { platformError } from "./platform-error.ts";

// "~" stands in no overlay reference, instance name or build id: a file left by a crash is never taken for one.
const temporaryPrefix = "~left4me-";

/** Removes what a crash left of unfinished durable writes in a directory. Nothing may be written there meanwhile. */
export async function sweepTemporaryFiles(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith(temporaryPrefix)) await unlink(join(directory, name));
  }
}

/**
 * Replaces `path` so that after a crash or a power cut it holds either its old content or all of the new one.
 *
 * When the promise resolves the new content is on the disk. When it rejects, either may be there: who keeps the content in memory
 * too, reads it again.
 * @param mode permission bits, exactly (the umask is not applied)
 * @throws HostError DISK_FULL, DISK_FAILED; errors of the file system
 */
export async function writeFileDurably(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  await writeFileAtomically(path, data, mode);
  await syncDirectory(dirname(path));
}

/**
 * As {@link writeFileDurably}, but a power cut soon after it may bring the old content back. A crash of this process does not.
 *
 * @throws HostError DISK_FULL, DISK_FAILED; errors of the file system
 */
export async function writeFileAtomically(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const temporary = temporaryBeside(path);
  await replacing(temporary, path, async () => {
    await writeNewFile(temporary, data, mode);
    await rename(temporary, path);
  });
}

/**
 * As {@link writeFileAtomically}, but nothing is put on the disk: a power cut may leave an empty file. For what is a convenience.
 *
 * @param mode permission bits, from which the umask takes
 * @throws HostError DISK_FULL, DISK_FAILED; errors of the file system
 */
export async function writeFileUnsynced(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const temporary = temporaryBeside(path);
  await replacing(temporary, path, async () => {
    await writeFile(temporary, data, { mode, flag: "wx" });
    await rename(temporary, path);
  });
}

/**
 * Makes `link` a symbolic link with the text `target`, in place of the link or file that it was.
 *
 * @throws EISDIR or the like when `link` is a directory
 */
export async function replaceSymlinkDurably(link: string, target: string): Promise<void> {
  const temporary = temporaryBeside(link);
  await replacing(temporary, link, async () => {
    await symlink(target, temporary);
    await renameDurably(temporary, link);
  });
}

/** Renames within one file system; resolves when the new name is on the disk. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
  if (dirname(from) !== dirname(to)) await syncDirectory(dirname(from));
}

/** Puts what a directory lists on the disk. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } catch (error) {
    throw await explainDiskError(error, directory); // the error of fsync(2) has no path
  } finally {
    await handle.close();
  }
}

/**
 * Reads a file of the host's own state.
 *
 * @returns undefined when there is no such file
 * @throws HostError STATE_DAMAGED (metadata `path`) when it cannot be read, is not JSON or does not fit the schema; the error of
 *   the file system where the machine has no descriptor left to read it
 */
export async function readJsonFile<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema> | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw isPlatforms(error) ? error : stateDamaged(path, error);
  }
}

/** Whether a file could not be read for want of something of the machine's: then nothing is known of the file. */
export function isPlatforms(error: unknown): boolean {
  return platformError(error) !== undefined;
}

/** The error for a file of the host's own state that cannot be used. */
export function stateDamaged(path: string, cause: unknown): HostError {
  const problem = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, " ").slice(0, 300);
  return new HostError("STATE_DAMAGED", `${path} cannot be used: ${problem}; restore it from a backup, or move it away`, {
    metadata: { path, problem },
    cause,
  });
}

async function writeNewFile(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    await handle.writeFile(data);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `${temporaryPrefix}${randomBytes(8).toString("hex")}`);
}

/** Runs the steps; when one fails, removes the temporary file. */
async function replacing(temporary: string, path: string, steps: () => Promise<void>): Promise<void> {
  try {
    await steps();
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw await explainDiskError(error, dirname(path));
  }
}
