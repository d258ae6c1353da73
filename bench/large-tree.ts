import { mkdir, open, truncate } from "node:fs/promises";
import { join } from "node:path";

/** The size of a real installation, and more: its files, and the bytes of the sparse one among them. */
export const largeTree = { files: 100_000, sparseBytes: 10 * 2 ** 30 } as const;

/** Makes so many small files below a tree. */
export async function fillLargeTree(tree: string): Promise<void> {
  const directories = 1000;
  for (let directory = 0; directory < directories; directory += 1) {
    const path = join(tree, "left4dead2/materials", `d${directory}`);
    await mkdir(path, { recursive: true });
    await Promise.all(Array.from({ length: largeTree.files / directories }, (_, file) => touch(join(path, `f${file}.vtf`))));
  }
}

async function touch(path: string): Promise<void> {
  const handle = await open(path, "w");
  await handle.writeFile(path);
  await handle.close();
}

/** Makes a file of that size without a byte in it. */
export async function makeSparse(path: string): Promise<void> {
  await (await open(path, "w")).close();
  await truncate(path, largeTree.sparseBytes);
}
