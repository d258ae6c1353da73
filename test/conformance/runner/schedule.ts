/** Runs every job, at most `width` at a time, in order; resolves when all are done. Jobs must not reject. */
export async function atMost<Item>(width: number, items: readonly Item[], job: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  const work = async () => {
    for (const item of queue) await job(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
}
