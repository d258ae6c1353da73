import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { newRunRecord } from "../../../src/drivers/embedded/run-record.ts";
import { RunState } from "../../../src/drivers/embedded/run-state.ts";

test("a record that is closed is never written again: its path may belong to a namesake", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "l4m-run-state-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "run.json");
  const told: string[] = [];
  const state = new RunState(newRunRecord("old", "boot"), path, ({ activeState }) => told.push(activeState), assert.fail);
  state.change({ phase: "stopping" });
  state.close();
  writeFileSync(path, "the namesake's");
  state.change({ phase: "idle" });
  assert.deepEqual([readFileSync(path, "utf8"), told], ["the namesake's", ["deactivating"]]);
});
