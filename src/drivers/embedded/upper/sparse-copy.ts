import { type FileHandle, open } from "node:fs/promises";
import { run } from "../../../exec/run.ts";

/**
 * Copies a regular file with its holes, which Node's own copy would fill: a game may make them larger than the disk.
 *
 * @param source is open for reading
 * @param to must not exist
 * @throws Error as `open`, HostError HELPER_FAILED when cp(1) fails
 */
export async function copySparse(source: FileHandle, to: Buffer): Promise<void> {
  const target = await open(to as unknown as string, "wx", 0o600);
  try {
    // By descriptors: a command line holds no name that is no UTF-8.
    const place = ({ fd }: { readonly fd: number }) => `/proc/${process.pid}/fd/${fd}`;
    await run("cp", ["--sparse=auto", "--reflink=auto", "--", place(source), place(target)], { timeoutMs: 0, env: { LC_ALL: "C" } });
  } finally {
    await target.close();
  }
}
