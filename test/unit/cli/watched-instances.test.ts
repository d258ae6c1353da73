import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { WatchedInstances } from "../../../src/cli/watch/watched-instances.ts";
import { InstanceSchema, type WatchItem } from "../../../src/client/index.ts";

const change = (kind: "ADDED" | "MODIFIED" | "REMOVED", name: string, revision: number, uid = "u1"): WatchItem => ({
  type: "change",
  change: kind,
  instance: create(InstanceSchema, { name, uid, revision: BigInt(revision) }),
  merged: 0,
  cursor: "",
});
const synced: WatchItem = { type: "synced", cursor: "c" };
const resync: WatchItem = { type: "resync", reason: "DAEMON_RESTARTED" };

/** What each item changes, and the names that are known in the end. */
function taken(...items: readonly WatchItem[]): { readonly changes: readonly string[]; readonly names: readonly string[] } {
  const watched = new WatchedInstances();
  const changes = items.flatMap((item) =>
    watched
      .take(item)
      .map(({ type, instance }) => `${type} ${instance.name}@${instance.revision}${instance.uid === "u1" ? "" : ` ${instance.uid}`}`),
  );
  return { changes, names: watched.all().map(({ instance }) => instance.name) };
}

test("additions, changes and removals; a repeated revision is a sample of the usage", () => {
  const { changes, names } = taken(
    change("ADDED", "b", 1),
    change("ADDED", "a", 2),
    synced,
    change("MODIFIED", "b", 3),
    change("MODIFIED", "b", 3),
    change("REMOVED", "a", 4),
  );
  assert.deepEqual(changes, ["ADDED b@1", "ADDED a@2", "MODIFIED b@3", "SAMPLED b@3", "REMOVED a@4"]);
  assert.deepEqual(names, ["b"]);
});

test("names are in order", () => {
  assert.deepEqual(taken(change("ADDED", "b", 1), change("ADDED", "c", 2), change("ADDED", "a", 3)).names, ["a", "b", "c"]);
});

test("a resync tells only what differs: changed, come and gone meanwhile", () => {
  const { changes, names } = taken(
    change("ADDED", "gone", 1),
    change("ADDED", "same", 2),
    change("ADDED", "changed", 3),
    synced,
    resync,
    change("ADDED", "same", 2),
    change("ADDED", "changed", 7),
    change("ADDED", "come", 8),
    synced,
  );
  assert.deepEqual(changes.slice(3), ["SAMPLED same@2", "MODIFIED changed@7", "ADDED come@8", "REMOVED gone@1"]);
  assert.deepEqual(names, ["changed", "come", "same"]);
});

test("a snapshot that breaks off removes nothing; the next whole one does", () => {
  const { changes, names } = taken(change("ADDED", "a", 1), change("ADDED", "b", 2), synced, resync, change("ADDED", "b", 2), resync);
  assert.deepEqual([changes.slice(2), names], [["SAMPLED b@2"], ["a", "b"]]);
  const whole = taken(change("ADDED", "a", 1), synced, resync, resync, synced);
  assert.deepEqual([whole.changes.slice(1), whole.names], [["REMOVED a@1"], []]);
});

test("a namesake is another instance", () => {
  const { changes, names } = taken(
    change("ADDED", "a", 1),
    synced,
    resync,
    change("ADDED", "a", 9, "u2"),
    synced,
    change("REMOVED", "a", 2),
  );
  assert.deepEqual(changes, ["ADDED a@1", "REMOVED a@1", "ADDED a@9 u2"]);
  assert.deepEqual(names, ["a"]);
});

test("one that came and went between two looks is told", () => {
  assert.deepEqual(taken(synced, change("REMOVED", "a", 5)), { changes: ["REMOVED a@5"], names: [] });
});
