import { createHash } from "node:crypto";
import { canonicalJson } from "../domain/etag.ts";
import { invalidRequest } from "../domain/failures.ts";
import { HostError } from "../domain/host-error.ts";

/** What a request says about its page. */
export type PageRequest = { readonly pageSize: number; readonly pageToken: string };

/** How a list is cut into pages. */
export type Paging<Item> = {
  /** Items on a page when the request names no number. */
  readonly defaultSize: number;
  /** Items on a page at most. */
  readonly largestSize: number;
  /** What a token is bound to: the RPC and everything that selects. */
  readonly binding: unknown;
  /** What places an item in the list's order. */
  readonly keyOf: (item: Item) => string;
  /** Whether an item stands behind a key; asked only when the key's own item is gone. */
  readonly isBehind: (item: Item, key: string) => boolean;
  /** Cuts a page earlier; the first item always fits. */
  readonly limit?: { readonly bytes: number; readonly sizeOf: (item: Item) => number };
};

/** A page, and the token for the next; "" when it is the last. */
export type Page<Item> = { readonly items: readonly Item[]; readonly nextPageToken: string };

/** What a token holds besides its binding. */
export type PagePosition = {
  /** The key of the last item that was told. */
  readonly key: string;
  /** Whatever the first page wants to tell on every page. */
  readonly carried: string;
};

/**
 * Cuts the page that a request asks for.
 *
 * @param carried travels with the tokens of this listing
 * @throws HostError INVALID_REQUEST for a negative size
 */
export function pageOf<Item>(
  items: readonly Item[],
  request: PageRequest,
  after: PagePosition | undefined,
  paging: Paging<Item>,
  carried = "",
): Page<Item> {
  const start = after === undefined ? 0 : startBehind(items, after.key, paging);
  const end = cut(items, start, start + pageSize(request.pageSize, paging), paging.limit);
  const last = items[end - 1];
  const nextPageToken = end < items.length && last !== undefined ? encode({ key: paging.keyOf(last), carried }, paging.binding) : "";
  return { items: items.slice(start, end), nextPageToken };
}

/** Where a page starts; undefined for the first. @throws HostError INVALID_PAGE_TOKEN */
export function pagePosition(request: PageRequest, binding: unknown): PagePosition | undefined {
  if (request.pageToken === "") return undefined;
  const position = decode(request.pageToken, binding);
  if (position !== undefined) return position;
  throw new HostError("INVALID_PAGE_TOKEN", "the page token is malformed or was given for another request; begin again without one", {
    violations: [{ field: "page_token", description: "is not a token of this listing" }],
  });
}

function pageSize(size: number, { defaultSize, largestSize }: Paging<never>): number {
  if (size < 0) throw invalidRequest("page_size", "is negative");
  return size === 0 ? defaultSize : Math.min(size, largestSize);
}

function startBehind<Item>(items: readonly Item[], key: string, { keyOf, isBehind }: Paging<Item>): number {
  const found = items.findIndex((item) => keyOf(item) === key);
  if (found >= 0) return found + 1;
  const next = items.findIndex((item) => isBehind(item, key));
  return next < 0 ? items.length : next;
}

function cut<Item>(items: readonly Item[], start: number, end: number, limit: Paging<Item>["limit"]): number {
  if (limit === undefined) return Math.min(end, items.length);
  let bytes = 0;
  let index = start;
  for (const item of items.slice(start, end)) {
    bytes += limit.sizeOf(item);
    if (bytes > limit.bytes && index > start) break;
    index += 1;
  }
  return index;
}

function encode(position: PagePosition, binding: unknown): string {
  return Buffer.from(JSON.stringify([position.key, position.carried, seal(position, binding)])).toString("base64url");
}

function decode(token: string, binding: unknown): PagePosition | undefined {
  try {
    const [key, carried, sealed, ...rest]: unknown[] = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof key !== "string" || typeof carried !== "string" || rest.length > 0) return undefined;
    return sealed === seal({ key, carried }, binding) ? { key, carried } : undefined;
  } catch {
    return undefined;
  }
}

/** Not a secret: it tells a token of another listing, or a damaged one, from a good one. */
function seal({ key, carried }: PagePosition, binding: unknown): string {
  return createHash("sha256")
    .update(canonicalJson([key, carried, binding]))
    .digest("base64url")
    .slice(0, 16);
}
