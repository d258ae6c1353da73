import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { hostLayout } from "../../../src/domain/host-layout.ts";
import { openHost } from "../../../src/host/open-host.ts";
import { fakeBuild } from "../../../src/testing/fake-build.ts";
import { FakeDriver } from "../../../src/testing/fake-driver.ts";

const { signal } = new AbortController();

test("an unfinished write of a record, cut off by a crash, is gone when the next daemon has opened", async (t) => {
  const root = await mkdtemp(join(tmpdir(), "l4m-crash-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const open = () => openHost({ root, driver: new FakeDriver(), version: "test" });
  const first = await open();
  await first.importBuild(fakeBuild(), true, signal);
  const caller = { identity: "test", signal };
  await first.initialize({ name: "a", spec: { port: 27_033 }, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
  await first.close();
  const directory = hostLayout(root).instance("a");
  const before = await readdir(directory);
  await writeFile(join(directory, "~left4me-0123456789abcdef"), '{ "schema": 1, "ui');
  const second = await open();
  assert.deepEqual(await readdir(directory), before);
  assert.equal(second.get("a").name, "a");
  await second.close();
});
