import type { PathLike, Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { errorCode } from "./disk-full.ts";

/** What lies at a path, itself when it is a link; undefined when nothing does. @throws every other error of lstat(2) */
export async function lstatOrNothing(path: PathLike): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
