import assert from "node:assert/strict";
import { InstanceState } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { archiveOf } from "../fixtures/archive.ts";
import { badRefs } from "../fixtures/bad-refs.ts";
import { collect } from "../fixtures/collect.ts";
import { refusal } from "../fixtures/refusal.ts";
import { importOverlay } from "../fixtures/upload.ts";
import { area } from "../runner/test-case.ts";

const badNames = [
  "",
  ".",
  "..",
  "a/b",
  "/a",
  "-rf",
  "_a",
  "A",
  "a.b",
  "a b",
  "a\n",
  "a\0b",
  "%i",
  "a@b",
  "zoë",
  "名前",
  "x".repeat(65),
  "x".repeat(5000),
];

export const errorsRequests = area("errors", (test) => {
  test("unusable-names", "An unusable name is INVALID_ARGUMENT / INVALID_NAME", async (t) => {
    for (const name of badNames) {
      const shown = JSON.stringify(name.slice(0, 20));
      const calls = [
        t.api.instances.initializeInstance({ name, spec: { port: 27_400 } }),
        t.api.instances.getInstance({ name }),
        t.api.instances.startInstance({ name }),
        t.api.instances.deleteInstance({ name }),
      ];
      await Promise.all(calls.map((call) => refusal(call, "INVALID_NAME"))).catch((error: unknown) => {
        throw new Error(`the name ${shown}`, { cause: error });
      });
    }
  });

  test("unusable-names-on-every-call", "An unusable name is INVALID_ARGUMENT / INVALID_NAME", async (t) => {
    const name = "../x";
    const { instances } = t.api;
    for (const call of [instances.stopInstance, instances.restartInstance, instances.resetInstance, instances.explainInstance]) {
      await refusal(call({ name }), "INVALID_NAME", { name });
    }
    const reading = collect(t.api.logs.streamLogs({ name }));
    await refusal(reading, "INVALID_NAME", { name });
  });

  test("usable-names", "Grammar: `[a-z0-9][a-z0-9_-]{0,63}`.", async (t) => {
    const longest = `${t.name()}${"x".repeat(64)}`.slice(0, 64);
    const odd = `${t.world.prefix}0_-_-`;
    const api = t.connect();
    for (const name of [longest, odd]) {
      t.defer(() => api.instances.deleteInstance({ name }));
      const { created } = await t.api.instances.initializeInstance({ name, spec: { port: await t.port() } });
      assert.ok(created);
      await t.api.instances.startInstance({ name });
      assert.equal((await t.api.instances.deleteInstance({ name })).changed, true);
    }
  });

  test("missing-instances", "an instance that does not exist is NOT_FOUND / INSTANCE_NOT_FOUND", async (t) => {
    const name = t.name();
    const { instances } = t.api;
    for (const call of [
      instances.getInstance,
      instances.startInstance,
      instances.stopInstance,
      instances.restartInstance,
      instances.resetInstance,
      instances.explainInstance,
    ]) {
      await refusal(call({ name }), "INSTANCE_NOT_FOUND", { name });
    }
    await refusal(collect(t.api.logs.streamLogs({ name })), "INSTANCE_NOT_FOUND", { name });
    await refusal(collect(t.api.logs.streamLogs({ name, follow: true })), "INSTANCE_NOT_FOUND", { name });
  });

  test("bad-references", "The `ref` of a request is no overlay reference, or leads out of the overlays directory.", async (t) => {
    const archive = await archiveOf({ "a.txt": "a" });
    for (const ref of badRefs) {
      await refusal(t.api.host.deleteOverlay({ ref }), "INVALID_OVERLAY_REF").catch((error: unknown) => {
        throw new Error(`the reference ${JSON.stringify(ref)}`, { cause: error });
      });
    }
    await refusal(importOverlay(t.api, "../evil", archive), "INVALID_OVERLAY_REF", { ref: "../evil" });
  });

  test("missing-overlay", "NOT_FOUND / OVERLAY_NOT_FOUND", async (t) => {
    const game = await t.unborn();
    const ref = t.ref();
    await refusal(game.initialize({ overlays: [{ ref }] }), "OVERLAY_NOT_FOUND", { ref });
    await refusal(game.get(), "INSTANCE_NOT_FOUND");
  });

  test("bad-page-tokens", "The page token is malformed or was given for another request.", async (t) => {
    const pageToken = "no token";
    await refusal(t.api.instances.listInstances({ pageToken }), "INVALID_PAGE_TOKEN");
    await refusal(t.api.host.listOverlays({ pageToken }), "INVALID_PAGE_TOKEN");
    await refusal(t.api.installation.listBuilds({ pageToken }), "INVALID_PAGE_TOKEN");
  });

  test("bad-filters", "The filter is not usable. Metadata: field.", async (t) => {
    const tooMany = { names: Array.from({ length: 1001 }, (_, index) => `n${index}`) };
    await refusal(t.api.instances.listInstances({ filter: tooMany }), "INVALID_FILTER", { field: /names/ });
    await refusal(t.api.instances.listInstances({ filter: { states: [InstanceState.UNSPECIFIED] } }), "INVALID_FILTER", {
      field: /states/,
    });
    await refusal(collect(t.api.instances.watchInstances({ filter: tooMany })), "INVALID_FILTER", { field: /names/ });
  });

  test("missing-build", "NOT_FOUND. Metadata: build.", async (t) => {
    await refusal(t.api.installation.activateBuild({ buildId: "no-such-build" }), "BUILD_NOT_FOUND", { build: "no-such-build" });
  });
});
