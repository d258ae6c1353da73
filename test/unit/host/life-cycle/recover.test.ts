import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import { openHost } from "../../../../src/host/open-host.ts";
import { LayerHost } from "../layers/layer-host.ts";

test("after a boot of the machine what is wished to run is started, also what had failed before", async (t) => {
  const opened = await LayerHost.open(t, {});
  const { host, driver, root } = opened;
  await opened.initialize({});
  await opened.start();
  driver.running("a").crash({ signal: "SIGSEGV" }, true);
  assert.deepEqual([host.get("a").status.state, host.get("a").desiredState], ["FAILED", "RUNNING"]);
  await host.close();
  const file = hostLayout(root).hostFile;
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), bootId: "an earlier one" }));
  const next = await openHost({ root, driver, version: "test", probe: async () => true });
  t.after(() => next.close());
  for (const until = Date.now() + 30_000; next.get("a").status.state !== "RUNNING"; await sleep(5)) assert.ok(Date.now() < until);
});
