import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  publishArchiveOrder,
  publishResetOrder,
  withdrawArchiveOrder,
  withdrawResetOrder,
} from "../../../src/drivers/systemd/orders/reset-order.ts";

/** A root with one instance. */
function instance(t: TestContext): { root: string; directory: string } {
  const root = mkdtempSync(join(tmpdir(), "l4m-order-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const directory = join(root, "instances/alpha");
  mkdirSync(directory, { recursive: true });
  return { root, directory };
}

function linksIn(directory: string): Record<string, string> {
  return Object.fromEntries(readdirSync(directory).map((name) => [name, readlinkSync(join(directory, name))]));
}

test("an order is links, in place of the order before; where nothing is kept there is none", async (t) => {
  const { root, directory } = instance(t);
  const reset = join(directory, "reset");
  mkdirSync(`${reset}.new`);
  symlinkSync("what a daemon left that was killed", `${reset}.new/063`);
  await publishResetOrder(root, "alpha", {
    preserve: ["./cfg//a*", "cfg/a*", "**/ä.db"],
    archive: { id: "20261129T101500Z-1a2b", buildId: "b-1" },
    keep: 5,
  });
  assert.deepEqual(linksIn(reset), { "000": "cfg/a*", "001": "**/ä.db", archive: "20261129T101500Z-1a2b", build: "b-1", keep: "5" });
  await publishResetOrder(root, "alpha", { preserve: [], archive: { id: "20261129T101501Z-1a2b", buildId: "" }, keep: 5 });
  assert.deepEqual(linksIn(reset), { archive: "20261129T101501Z-1a2b", keep: "5" });
  await publishResetOrder(root, "alpha", { preserve: [] });
  assert.equal(existsSync(reset), false);
  await publishResetOrder(root, "alpha", { preserve: [], keep: 0 });
  assert.deepEqual(linksIn(reset), { keep: "0" });
  await withdrawResetOrder(root, "alpha");
  await withdrawResetOrder(root, "alpha");
  assert.deepEqual(readdirSync(directory), []);
});

test("the same order again stays as it is: PID 1 may be about to carry it out; one that differs at all is replaced", async (t) => {
  const { root, directory } = instance(t);
  const inode = () => statSync(join(directory, "reset")).ino;
  const order = { preserve: ["cfg/a*", "b"], archive: { id: "20261129T101500Z-1a2b", buildId: "b-1" }, keep: 5 };
  await publishResetOrder(root, "alpha", order);
  const first = inode();
  await publishResetOrder(root, "alpha", order);
  assert.equal(inode(), first);
  for (const other of [
    { ...order, preserve: ["cfg/a*", "c"] },
    { ...order, keep: 6 },
    { ...order, preserve: ["cfg/a*"] },
  ]) {
    await publishResetOrder(root, "alpha", order);
    await publishResetOrder(root, "alpha", other);
    const links = linksIn(join(directory, "reset"));
    assert.deepEqual([links["001"], links["keep"]], [other.preserve[1], String(other.keep)]);
  }
});

test("a plain reset of what has no directory needs none", async (t) => {
  const { root } = instance(t);
  await publishResetOrder(root, "stranger", { preserve: [] });
});

test("the archive that is wanted back, or gone, is the text of a link", async (t) => {
  const { root, directory } = instance(t);
  for (const verb of ["restore", "drop"] as const) {
    for (const id of ["20261129T101500Z-1a2b", "20261129T101501Z-1a2b"]) {
      await publishArchiveOrder(root, "alpha", verb, id);
      assert.deepEqual(linksIn(directory), { [verb]: id });
    }
    await withdrawArchiveOrder(root, "alpha", verb);
    assert.deepEqual(readdirSync(directory), []);
  }
});
