import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { otherRoot } from "../../../src/drivers/systemd/check-installation.ts";
import { hasUnits } from "../../../src/drivers/systemd/is-systemd-host.ts";
import { scratch } from "../host/unpack/scratch.ts";

test("a root that the units do not know names both ways out", () => {
  const { reason, metadata } = otherRoot("/srv/games");
  assert.deepEqual([reason, metadata["problem"]], ["DRIVER_UNAVAILABLE", "other-root"]);
  assert.match(metadata["cure"] ?? "", /LEFT4ME_ROOT=\/var\/lib\/left4me.*or --driver embedded$/);
});

test("a host of systemd has each of the templates that the error names", async (t) => {
  const [first, second] = [await scratch(t), await scratch(t)];
  for (const kind of ["server", "overlay", "reset"]) await writeFile(join(first, `left4me-${kind}@.service`), "");
  assert.equal(hasUnits([first, second]), false);
  for (const kind of ["restore", "drop", "list"]) await writeFile(join(second, `left4me-${kind}@.service`), "");
  assert.equal(hasUnits([first, second]), true);
});
