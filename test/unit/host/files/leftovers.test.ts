import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import { openHost } from "../../../../src/host/open-host.ts";
import { FakeDriver } from "../../../../src/testing/fake-driver.ts";
import { scratch } from "../unpack/scratch.ts";
import { failCall } from "./failing-call.ts";

for (const name of ["build-left", "overlay-left"]) {
  test(`${name}, which cannot be removed from tmp/, does not keep the host from opening`, async (t) => {
    const root = await scratch(t);
    const { tmp } = hostLayout(root);
    await mkdir(join(tmp, name), { recursive: true });
    failCall(t, "rmdir", (path) => path.startsWith(join(tmp, name)));
    const host = await openHost({ root, driver: new FakeDriver(), version: "test" });
    await host.close();
    assert.deepEqual(await readdir(tmp), [name]);
  });
}
