import type { CallOptions } from "@connectrpc/connect";

/** A call that answers in pages: `listInstances`, `listArchives`, `listBuilds`, `listOverlays` of a client. */
export type ListCall<Request, Page extends { readonly nextPageToken: string }> = (request: Request, options?: CallOptions) => Promise<Page>;

/**
 * Yields all pages of a list, each as the host answered it, from the first or the one that `request.pageToken` names.
 *
 * `for await (const { instances } of allPages(client.instances.listInstances, {}))`. The next page is asked for when the
 * consumer wants it; what comes or goes meanwhile may be missed, but nothing that stays is, and nothing is told twice.
 * @param request filter, name and `pageSize` hold for every page
 * @param options of each call: a deadline is that of one page
 * @throws ConnectError as the call does
 */
export async function* allPages<Request extends object, Page extends { readonly nextPageToken: string }>(
  list: ListCall<Request, Page>,
  request: Request,
  options?: CallOptions,
): AsyncGenerator<Page, void, undefined> {
  let page = await list(request, options);
  yield page;
  while (page.nextPageToken !== "") {
    page = await list({ ...request, pageToken: page.nextPageToken }, options);
    yield page;
  }
}
