/** As `Promise.all` of `act` over `items`, but with at most `limit` under way at once, begun in their order. */
export async function atOnce<Item, Result>(items: readonly Item[], limit: number, act: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const work = async () => {
    for (const [index, item] of waiting) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
