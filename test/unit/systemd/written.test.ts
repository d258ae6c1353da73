import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { HostError } from "../../../src/domain/host-error.ts";
import { type InstanceContext, SystemdInstance } from "../../../src/drivers/systemd/systemd-instance.ts";

/** An instance whose game wrote something, and which can be listed so. */
function instance(t: TestContext, list: () => Promise<unknown>, notes: string[] = []): SystemdInstance {
  const root = mkdtempSync(join(tmpdir(), "left4me-written-"));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "runtime/game"), { recursive: true });
  const watch = { manager: { get: async () => undefined } };
  const context = { root, orders: { list }, watch, log: (note: string) => notes.push(note) } as unknown as InstanceContext;
  return new SystemdInstance({ name: "game", uid: "1" }, context);
}

const open = new AbortController().signal;

test("what cannot be listed now is not known, and is no failure of who asks", async (t) => {
  const notes: string[] = [];
  const refusing = instance(t, async () => ({ result: "failed" }), notes);
  assert.equal(await refusing.written(open), undefined);
  const away = async () => {
    throw new HostError("DRIVER_UNAVAILABLE", "the bus is away");
  };
  assert.equal(await instance(t, away, notes).written(open), undefined);
  assert.match(notes.join("\n"), /^game: what its game wrote cannot be listed: .*left4me-list@game.*\ngame: .*the bus is away$/);
});

test("who does not wait for the list any more is let go", { timeout: 5000 }, async (t) => {
  const stuck = instance(t, () => new Promise(() => {}));
  const leaving = new AbortController();
  const asked = stuck.written(leaving.signal);
  leaving.abort(new Error("the caller left"));
  await assert.rejects(asked, /the caller left/);
});
