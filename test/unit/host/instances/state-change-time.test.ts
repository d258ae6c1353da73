import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openHost } from "../../../../src/host/open-host.ts";
import { LayerHost } from "../layers/layer-host.ts";

const { signal } = new AbortController();
const caller = { identity: "test", signal };

test("a stopped instance has stopped when its game did, one that never ran when it was made: not when the daemon started", async (t) => {
  const { host, root, driver } = await LayerHost.open(t, {});
  const spec = (name: string, port: number) => ({ name, spec: { port }, labels: {}, etag: "", validateOnly: false, createOnly: false });
  for (const [name, port] of [
    ["a", 27015],
    ["b", 27016],
  ] as const)
    await host.initialize(spec(name, port), caller);
  await host.start({ name: "a", etag: "", waitFor: "ACTIVE" }, caller);
  await host.stop({ name: "a", etag: "" }, caller);
  const { stateChangeTime } = host.get("a").status;
  await host.close();
  await sleep(20);
  const next = await openHost({ root, driver, version: "test" });
  t.after(() => next.close());
  assert.deepEqual(next.get("a").status.stateChangeTime, stateChangeTime);
  assert.deepEqual(next.get("b").status.stateChangeTime, next.get("b").createTime);
});
