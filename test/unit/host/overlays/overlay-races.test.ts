import assert from "node:assert/strict";
import { test } from "node:test";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import { GenerationStore } from "../../../../src/host/generations/generation-store.ts";
import { OverlayStore } from "../../../../src/host/overlays/overlay-store.ts";
import { LayerHost } from "../layers/layer-host.ts";
import { scratch } from "../unpack/scratch.ts";
import { tarOf, uploadOf } from "../unpack/tar.ts";

const files = { "left4dead2/cfg/server.cfg": "1" };

test("an overlay cannot be deleted under an instance that is being given it", async (t) => {
  const opened = await LayerHost.open(t, {});
  await opened.importOverlay("o", files);
  const { publish } = GenerationStore.prototype;
  t.mock.method(GenerationStore.prototype, "publish", async function (this: GenerationStore, ...args: Parameters<typeof publish>) {
    await assert.rejects(opened.host.deleteOverlay("o"), { reason: "OVERLAY_IN_USE" });
    return await publish.apply(this, args);
  });
  await opened.initialize({ overlays: [{ ref: "o" }] });
  t.mock.restoreAll();
  await opened.initialize({ overlays: [] });
  assert.deepEqual(await opened.host.deleteOverlay("o"), { changed: true });
});

test("an overlay that is being deleted is given to nobody any more", async (t) => {
  const layout = hostLayout(await scratch(t));
  const gate = Promise.withResolvers<void>();
  const store = await OverlayStore.open(layout, undefined, { atStep: (step) => (step === "unlink" ? gate.promise : undefined) });
  await store.importArchive("o", uploadOf(tarOf({ name: "file", content: "x" })), new AbortController().signal);
  const refused = Promise.withResolvers<void>();
  const deleted = store.delete("o", refused.resolve);
  await refused.promise;
  await assert.rejects(store.resolve("o"), { reason: "OVERLAY_NOT_FOUND" });
  gate.resolve();
  assert.equal(await deleted, true);
});

test("an import that is deleted before it is answered has been made all the same", async (t) => {
  const opened = await LayerHost.open(t, {});
  const { importArchive } = OverlayStore.prototype;
  t.mock.method(OverlayStore.prototype, "importArchive", async function (this: OverlayStore, ...args: Parameters<typeof importArchive>) {
    const imported = await importArchive.apply(this, args);
    await this.delete("o");
    return imported;
  });
  const upload = uploadOf(tarOf({ name: "left4dead2/cfg/server.cfg", content: "1" }));
  const { overlay, changed } = await opened.host.importOverlay("o", upload, new AbortController().signal);
  assert.deepEqual([overlay.ref, overlay.files, overlay.usedBy, changed], ["o", 1, [], true]);
});
