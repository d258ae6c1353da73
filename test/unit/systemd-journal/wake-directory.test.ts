import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WakeDirectory } from "../../../src/drivers/systemd/journal/source/wake-directory.ts";

test("what journalctl reads lies where it is told to, and goes with the daemon", (t) => {
  const parent = mkdtempSync(join(tmpdir(), "left4me-wake-"));
  t.after(() => rmSync(parent, { recursive: true }));
  const journal = { machineId: "0123456789abcdef0123456789abcdef", path: join(parent, "log") };
  assert.equal(
    WakeDirectory.make(parent, () => journal),
    undefined,
    "there is no journal yet",
  );
  mkdirSync(journal.path);
  const wake = WakeDirectory.make(parent, () => journal);
  assert.ok(wake !== undefined);
  const [name = ""] = readdirSync(parent).filter((entry) => entry !== "log");
  assert.deepEqual(wake.options, [`--directory=${join(parent, name)}`]);
  assert.equal(readlinkSync(join(parent, name, journal.machineId)), journal.path);
  wake.touch();
  rmSync(join(parent, name), { recursive: true });
  assert.deepEqual(wake.options, [`--directory=${join(parent, name)}`]);
  assert.equal(readlinkSync(join(parent, name, journal.machineId)), journal.path, "somebody has emptied tmp/ by hand");
  wake.touch();
  wake.remove();
  assert.deepEqual(readdirSync(parent), ["log"]);
});
