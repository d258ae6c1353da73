import assert from "node:assert/strict";
import { test } from "node:test";
import { LayerHost } from "../layers/layer-host.ts";

const { signal } = new AbortController();
const caller = { identity: "test", signal };

test("a start that failed is nobody's stop by hand; what follows a start that succeeded is", async (t) => {
  const opened = await LayerHost.open(t, {});
  const { host, driver } = opened;
  const drift = () => host.get("a").status.drift;
  await opened.initialize({ port: 27016 });
  await opened.start();
  await host.stop({ name: "a", etag: "" }, caller);
  await host.initialize({ name: "b", spec: { port: 27016 }, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
  await host.start({ name: "b", etag: "", waitFor: "ACTIVE" }, caller);
  await assert.rejects(opened.start(), { reason: "PORT_IN_USE" });
  assert.deepEqual([host.get("a").desiredState, host.get("a").status.state, drift()], ["RUNNING", "STOPPED", "NONE"]);
  await host.stop({ name: "b", etag: "" }, caller);
  await opened.start();
  assert.equal(drift(), "NONE");
  driver.running("a").crash({ code: 0 }, false);
  assert.deepEqual([host.get("a").status.state, drift()], ["STOPPED", "STOPPED_OUTSIDE"]);
});
