import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HostError } from "../../../src/domain/host-error.ts";
import { type Paging, pageOf, pagePosition } from "../../../src/service/paging.ts";

const paging: Paging<string> = {
  defaultSize: 3,
  largestSize: 5,
  binding: ["List", { states: ["RUNNING"] }],
  keyOf: (item) => item,
  isBehind: (item, key) => item > key,
};

function pages(items: () => readonly string[], pageSize: number, rules = paging): string[][] {
  const all: string[][] = [];
  let pageToken = "";
  do {
    const page = pageOf(items(), { pageSize, pageToken }, pagePosition({ pageSize, pageToken }, rules.binding), rules);
    all.push([...page.items]);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return all;
}

const refused = (reason: string) => (error: unknown) => error instanceof HostError && error.reason === reason;

test("pages hold every item once, in order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 30 }), fc.nat(8), (items, size) => {
      const sorted = items.sort((a, b) => (a < b ? -1 : 1));
      const all = pages(() => sorted, size);
      assert.deepEqual(all.flat(), sorted);
      assert.ok(all.every((page) => page.length <= (size === 0 ? 3 : Math.min(size, 5))));
    }),
  );
});

test("an item that goes between two pages costs no other", () => {
  let items = ["a", "b", "c", "d"];
  const first = pageOf(items, { pageSize: 2, pageToken: "" }, undefined, paging);
  items = ["a", "c", "d"];
  const after = pagePosition({ pageSize: 2, pageToken: first.nextPageToken }, paging.binding);
  assert.deepEqual(pageOf(items, { pageSize: 2, pageToken: "" }, after, paging).items, ["c", "d"]);
});

test("a page is cut at its bytes, but holds one item at least", () => {
  const limited = { ...paging, limit: { bytes: 10, sizeOf: (item: string) => item.length } };
  assert.deepEqual(
    pages(() => ["a".repeat(4), "b".repeat(4), "c".repeat(4), "d".repeat(50), "e"], 0, limited).map((page) => page.length),
    [2, 1, 1, 1],
  );
});

test("what the first page carries comes back with its tokens", () => {
  const { nextPageToken } = pageOf(["a", "b"], { pageSize: 1, pageToken: "" }, undefined, paging, "cursor-1");
  assert.deepEqual(pagePosition({ pageSize: 1, pageToken: nextPageToken }, paging.binding), { key: "a", carried: "cursor-1" });
});

test("a token of another listing, or a damaged one, is INVALID_PAGE_TOKEN", () => {
  const { nextPageToken } = pageOf(["a", "b"], { pageSize: 1, pageToken: "" }, undefined, paging);
  assert.throws(() => pagePosition({ pageSize: 1, pageToken: nextPageToken }, ["List", {}]), refused("INVALID_PAGE_TOKEN"));
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (pageToken) =>
      assert.throws(() => pagePosition({ pageSize: 1, pageToken }, paging.binding), refused("INVALID_PAGE_TOKEN")),
    ),
  );
});

test("a negative size is INVALID_REQUEST", () => {
  assert.throws(() => pageOf([], { pageSize: -1, pageToken: "" }, undefined, paging), refused("INVALID_REQUEST"));
});
