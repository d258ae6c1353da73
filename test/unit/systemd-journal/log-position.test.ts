import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatLogPosition, parseLogPosition } from "../../../src/drivers/systemd/journal/feed/log-position.ts";
import { parseJournalCursor } from "../../../src/drivers/systemd/journal/source/journal-point.ts";

const hex = (most: bigint) => fc.bigInt(1n, most).map((number) => number.toString(16));
const positions = fc
  .record({ sequence: hex(2n ** 50n), time: hex(2n ** 51n), x: hex(2n ** 64n - 1n), event: fc.nat({ max: 9_999_999 }), uid: fc.uuid() })
  .map(({ sequence, time, x, event, uid }) => {
    const cursor = parseJournalCursor(`s=${"a".repeat(32)};i=${sequence};b=${"b".repeat(32)};m=1;t=${time};x=${x}`);
    assert.ok(cursor !== undefined);
    return { position: { cursor, event }, uid };
  });

test("a position is read as it was written", () => {
  fc.assert(
    fc.property(positions, ({ position, uid }) => {
      assert.deepEqual(parseLogPosition(formatLogPosition(position, uid), uid), position);
    }),
  );
});

test("a position of another instance, of another place or of another event is refused", () => {
  fc.assert(
    fc.property(positions, positions, ({ position, uid }, other) => {
      const text = formatLogPosition(position, uid);
      const [cursor = "", event = "", check = ""] = text.split("~");
      const [cursor2] = formatLogPosition(other.position, uid).split("~");
      for (const wrong of [
        `${cursor}~${Number(event) + 1}~${check}`,
        `${cursor2}~${event}~${check}`,
        `${cursor}~${event}~00000000`,
        `${text}0`,
      ])
        assert.throws(() => parseLogPosition(wrong, uid), { reason: "INVALID_CURSOR" }, wrong);
      assert.throws(() => parseLogPosition(text, other.uid), { reason: "INVALID_CURSOR" });
    }),
  );
});
