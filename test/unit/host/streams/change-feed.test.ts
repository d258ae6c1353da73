import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Instance } from "../../../../src/domain/instance.ts";
import { ChangeFeed } from "../../../../src/host/streams/change-feed.ts";

const change = (revision: number) => ({ revision, instance: { uid: "u" } as Instance, removed: false, previous: undefined });

describe("ChangeFeed", () => {
  it("gives what came after a revision, in order", () => {
    const feed = new ChangeFeed(10);
    for (const revision of [11, 12, 13]) feed.append(change(revision));
    assert.deepEqual(
      feed.after(11)?.map(({ revision }) => revision),
      [12, 13],
    );
    assert.deepEqual(feed.after(13), []);
  });

  it("says when something was forgotten, and never claims the future", () => {
    const feed = new ChangeFeed(0, 4);
    for (let revision = 1; revision <= 9; revision += 1) feed.append(change(revision));
    assert.equal(feed.after(0), undefined);
    assert.deepEqual(
      feed.after(5)?.map(({ revision }) => revision),
      [6, 7, 8, 9],
    );
    assert.equal(feed.after(10), undefined);
  });

  it("wakes a reader with the next change, or at once", async () => {
    const feed = new ChangeFeed(0);
    const waiting = feed.changed(0, new AbortController().signal);
    feed.append(change(1));
    await waiting;
    await feed.changed(0, new AbortController().signal);
  });
});
