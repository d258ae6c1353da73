import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { HostError } from "../../../../src/domain/host-error.ts";
import { logCursors, watchCursors } from "../../../../src/host/streams/cursor.ts";

const isInvalid = (error: unknown) => error instanceof HostError && error.reason === "INVALID_CURSOR";

describe("cursors", () => {
  const scope = { hostId: "h", driver: "embedded", name: "a" };
  const cursors = logCursors(scope);

  it("come back as they were made", () => {
    const cursor = { uid: "0192-ab", position: "3.1024.0" };
    assert.deepEqual(cursors.decode(cursors.encode(cursor)), cursor);
    const watch = watchCursors({ hostId: "h", filter: "{}" });
    assert.deepEqual(watch.decode(watch.encode({ epoch: 1_790_000_000_000_000, revision: 1_790_000_000_000_007 })), {
      epoch: 1_790_000_000_000_000,
      revision: 1_790_000_000_000_007,
    });
  });

  it("of another host, driver, instance or filter are refused", () => {
    const token = cursors.encode({ uid: "u", position: "1" });
    for (const other of [{ hostId: "i" }, { driver: "systemd" }, { name: "b" }]) {
      assert.throws(() => logCursors({ ...scope, ...other }).decode(token), isInvalid);
    }
    const watch = watchCursors({ hostId: "h", filter: "{}" }).encode({ epoch: 1, revision: 2 });
    assert.throws(() => watchCursors({ hostId: "h", filter: '{"names":["a"]}' }).decode(watch), isInvalid);
    assert.throws(() => cursors.decode(watch), isInvalid);
  });

  it("that nobody made are refused, whatever they are", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: "binary" })), (token) => {
        assert.throws(() => cursors.decode(token), isInvalid);
      }),
    );
  });

  it("with one changed character are refused", () => {
    const token = cursors.encode({ uid: "0192-ab", position: "3.1024.0" });
    for (let index = 0; index < token.length; index += 1) {
      const changed = `${token.slice(0, index)}${token[index] === "A" ? "B" : "A"}${token.slice(index + 1)}`;
      assert.throws(() => cursors.decode(changed), isInvalid);
    }
  });
});
