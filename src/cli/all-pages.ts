/** Everything of a list that the host tells in pages. @param ask asks for the page with this token; "" for the first */
export async function allPages<Page extends { readonly nextPageToken: string }, Item>(
  ask: (pageToken: string) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  let pageToken = "";
  do {
    const page = await ask(pageToken);
    items.push(...itemsOf(page));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return items;
}
