import { lstat } from "node:fs/promises";

/** Whether something lies at a path, be it a link to nothing; false also when it cannot be looked at. */
export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
