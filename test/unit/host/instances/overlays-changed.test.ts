import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { GenerationStore } from "../../../../src/host/generations/generation-store.ts";
import { LayerHost } from "../layers/layer-host.ts";

const first = { "left4dead2/cfg/server.cfg": "1" };
const second = { "left4dead2/cfg/server.cfg": "2" };

test("an overlay that was replaced, and rolled back, asks for no restart any more", async (t) => {
  const opened = await openedOn(t, first);
  await opened.start();
  assert.equal(isPending(opened), false);
  await opened.importOverlay("o", second);
  assert.equal(isPending(opened), true);
  await opened.importOverlay("o", first);
  assert.equal(isPending(opened), false);
});

test("an overlay that is replaced when a start has already planned its layers: the game that runs has the old one", async (t) => {
  const opened = await openedOn(t, first);
  const { publish } = GenerationStore.prototype;
  t.mock.method(GenerationStore.prototype, "publish", async function (this: GenerationStore, ...args: Parameters<typeof publish>) {
    await opened.importOverlay("o", second);
    return await publish.apply(this, args);
  });
  await opened.start();
  assert.equal(isPending(opened), true);
});

async function openedOn(t: TestContext, files: Readonly<Record<string, string>>): Promise<LayerHost> {
  const opened = await LayerHost.open(t, {});
  await opened.importOverlay("o", files);
  await opened.initialize({ overlays: [{ ref: "o" }] });
  return opened;
}

function isPending({ host }: LayerHost): boolean {
  return host.get("a").status.pendingRestart;
}
