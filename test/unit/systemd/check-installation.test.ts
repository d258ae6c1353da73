import assert from "node:assert/strict";
import { test } from "node:test";
import { otherRoot } from "../../../src/drivers/systemd/check-installation.ts";

test("a root that the units do not know names both ways out", () => {
  const { reason, metadata } = otherRoot("/srv/games");
  assert.deepEqual([reason, metadata["problem"]], ["DRIVER_UNAVAILABLE", "other-root"]);
  assert.match(metadata["cure"] ?? "", /LEFT4ME_ROOT=\/var\/lib\/left4me.*or --driver embedded$/);
});
