import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { hostLayout } from "../../../src/domain/host-layout.ts";
import { removeUnfinishedOrders } from "../../../src/drivers/systemd/orders/mount-order.ts";
import { scratch } from "../host/unpack/scratch.ts";

test("what a killed daemon had half written of a mount order is removed, and nothing else", async (t) => {
  const root = await scratch(t);
  const orders = join(hostLayout(root).instance("a"), "mount");
  await removeUnfinishedOrders(root, "a"); // nothing has been started yet
  for (const name of ["1", ".tmp-2/launch", ".tmp-old"]) await mkdir(join(orders, name), { recursive: true });
  await writeFile(join(orders, ".tmp-2/volatile"), "");
  await removeUnfinishedOrders(root, "a");
  assert.deepEqual(await readdir(orders), ["1"]);
});
