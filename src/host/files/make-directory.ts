import { mkdir } from "node:fs/promises";
import { errorCode } from "./disk-full.ts";

/**
 * Makes a directory whose parent is there; one that exists already is as good.
 *
 * Not `mkdir` with `recursive`: with it Node tells a file system that is read-only as ENOENT.
 * @throws errors of the file system
 */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode }).catch((error: unknown) => {
    if (errorCode(error) !== "EEXIST") throw error;
  });
}
