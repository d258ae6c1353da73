import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { WarningCode } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { archiveOf, type Tree } from "../fixtures/archive.ts";
import { allBuilds } from "../fixtures/list-all.ts";
import { failsWith, refusal } from "../fixtures/refusal.ts";
import { script, type TestContext } from "../fixtures/test-context.ts";
import { importBuild } from "../fixtures/upload.ts";
import { area, type Declare } from "../runner/test-case.ts";

const srcds = { mode: 0o755, content: "#!/bin/sh\n" };
const marker = "left4dead2/cf-variant.txt";

async function activeId(t: TestContext): Promise<string | undefined> {
  return (await t.api.installation.getInstallation({})).activeBuild?.id;
}

/** Another build of the same game, told apart by a file; the suite's own is active again afterwards. */
async function variant(t: TestContext, mark: string, activate: boolean): Promise<string> {
  const suiteBuild = t.world.build?.id ?? "";
  const api = t.connect();
  t.defer(() => api.installation.activateBuild({ buildId: suiteBuild }));
  return (await t.world.importVariant(t.api, { [marker]: `${t.world.prefix}${mark}` }, activate)).id;
}

export const builds = area("builds", (declare) => {
  // They change what every other test relies on, or compare all builds before and after.
  const test: Declare = (slug, promise, run) => declare(slug, promise, run, { lane: "last" });

  test("import-tells-the-build", "Takes a game build from an uploaded tar archive, checks it and publishes it.", async (t) => {
    const build = (await allBuilds(t.api)).find(({ id }) => id === t.world.build?.id);
    assert.ok(build !== undefined, "it is listed");
    assert.equal(build.active, true);
    assert.equal(build.steamBuildId, "14130416", "of its manifest");
    assert.ok(build.files > 10n && build.sizeBytes > 1000n && build.publishTime !== undefined);
    assert.equal((await t.api.installation.getInstallation({})).activeBuild?.id, build.id);
  });

  test(
    "same-content-changes-nothing",
    "Idempotent: the same content again answers `changed = false` (and activates the build if asked to).",
    async (t) => {
      const tree: Tree = { srcds_run: srcds, "mark.txt": t.world.prefix };
      const first = await importBuild(t.api, false, await archiveOf(tree));
      const again = await importBuild(t.api, false, await archiveOf(tree));
      assert.deepEqual([first.changed, again.changed, again.build?.id, again.build?.active], [true, false, first.build?.id, false]);
    },
  );

  test("same-content-is-activated-if-asked", "False when the host had it, active as asked, already.", async (t) => {
    const id = await variant(t, "activated later", false);
    assert.notEqual(await activeId(t), id);
    const again = await variant(t, "activated later", true);
    assert.deepEqual([again, await activeId(t)], [id, id]);
  });

  test("import-activates-only-if-asked", "Makes the build the active one once it is published.", async (t) => {
    const before = await activeId(t);
    const id = await variant(t, "not yet", false);
    assert.equal(await activeId(t), before);
    const { build, changed } = await t.api.installation.activateBuild({ buildId: id });
    assert.deepEqual([changed, build?.id, build?.active], [true, id, true]);
    assert.deepEqual(
      (await allBuilds(t.api)).filter(({ active }) => active).map((each) => each.id),
      [id],
      "one is active",
    );
  });

  test("activating-again-changes-nothing", "Idempotent: the active build again answers `changed = false`.", async (t) => {
    const buildId = t.world.build?.id ?? "";
    assert.equal((await t.api.installation.activateBuild({ buildId })).changed, false);
  });

  test("running-games-keep-their-build", "Running games are not touched; their `pending_restart` is set.", async (t) => {
    const cat = `sim_cat ${marker}`;
    const { game, printed } = await t.play([cat]);
    assert.equal(printed.answer(cat), "error ENOENT");
    const before = await game.status();
    const id = await variant(t, "newer", true);
    const { status } = await game.get();
    assert.deepEqual(
      [status.invocationId, status.buildId, status.nextBuildId, status.pendingRestart],
      [before.invocationId, before.buildId, id, true],
    );
    const { instance } = await game.restart();
    assert.deepEqual([instance.status.buildId, instance.status.pendingRestart], [id, false]);
    assert.match(String((await game.printed()).answer(cat)), /newer/);
    assert.deepEqual((await allBuilds(t.api)).find((build) => build.id === id)?.usedBy, [game.name]);
  });

  test("first-start-on-another-build-warns", "The first start on another build than the game ran on since its last reset", async (t) => {
    const game = await t.running();
    await game.stop();
    const codes = async () => {
      const { warnings } = await game.start();
      await game.stop();
      return warnings.map(({ code }) => code);
    };
    assert.deepEqual(await codes(), [], "the same build");
    await variant(t, "warns", true);
    assert.deepEqual(await codes(), [WarningCode.WRITTEN_ON_OTHER_BUILD]);
    assert.deepEqual(await codes(), [], "told once");
    await game.reset();
    await t.api.installation.activateBuild({ buildId: t.world.build?.id ?? "" });
    assert.deepEqual(await codes(), [], "a reset has discarded what was written");
  });

  test("roll-back", "It works in both directions, so that it is the roll-back too.", async (t) => {
    const cat = `sim_cat ${marker}`;
    const id = await variant(t, "rolled back", true);
    const game = await t.running({ config: script([cat]) });
    assert.equal((await game.status()).buildId, id);
    await t.api.installation.activateBuild({ buildId: t.world.build?.id ?? "" });
    assert.equal((await game.status()).pendingRestart, true);
    await t.api.installation.activateBuild({ buildId: id });
    assert.equal((await game.status()).pendingRestart, false, "it runs what a restart would give it");
    await t.api.installation.activateBuild({ buildId: t.world.build?.id ?? "" });
    await game.restart();
    assert.equal((await game.printed()).answer(cat), "error ENOENT");
  });

  test("delete-a-build", "Removes a build, and those of its layers that nothing needs any more.", async (t) => {
    const id = await variant(t, "deleted", false);
    const { changed } = await t.api.installation.deleteBuild({ buildId: id });
    assert.equal(changed, true);
    assert.ok(!(await allBuilds(t.api)).some((build) => build.id === id));
    await refusal(t.api.installation.activateBuild({ buildId: id }), "BUILD_NOT_FOUND", { build: id });
    assert.equal(await variant(t, "deleted", false), id, "the same content can come again");
    assert.ok((await allBuilds(t.api)).some((build) => build.id === id));
  });

  test("delete-of-no-build", "Idempotent: a missing build answers `changed = false`.", async (t) => {
    for (const buildId of ["b000000000000000", "../instances", "x".repeat(5000)])
      assert.equal((await t.api.installation.deleteBuild({ buildId })).changed, false);
    await refusal(t.api.installation.deleteBuild({}), "INVALID_REQUEST", { field: "build_id" });
  });

  test(
    "what-is-used-is-not-deleted",
    "The active build is refused, and one that games run on or that an installation is made over or publishes: nothing that is used is taken away.",
    async (t) => {
      const suiteBuild = t.world.build?.id ?? "";
      await refusal(t.api.installation.deleteBuild({ buildId: suiteBuild }), "BUILD_IN_USE", { build: suiteBuild, used_by: "" });
      const cat = `sim_cat ${marker}`;
      const id = await variant(t, "in use", true);
      const { game, printed } = await t.play([cat]);
      assert.match(String(printed.answer(cat)), /in use/);
      await t.api.installation.activateBuild({ buildId: suiteBuild });
      await refusal(t.api.installation.deleteBuild({ buildId: id }), "BUILD_IN_USE", { build: id, used_by: game.name });
      assert.equal((await game.status()).buildId, id);
      await game.stop();
      assert.equal((await t.api.installation.deleteBuild({ buildId: id })).changed, true);
      await game.start();
      assert.equal((await game.status()).buildId, suiteBuild);
    },
  );

  test("list-newest-first", "Lists the builds, the newest first.", async (t) => {
    const older = await variant(t, "older", false);
    const newer = await variant(t, "younger", false);
    const all = await allBuilds(t.api, 1);
    const ids = all.map(({ id }) => id);
    assert.ok(ids.indexOf(newer) < ids.indexOf(older));
    assert.equal(new Set(ids).size, ids.length, "page by page, each once");
    const times = all.map(({ publishTime }) => Number(publishTime?.seconds ?? 0n));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    );
  });

  test("build-without-srcds-run", "A build needs an executable `srcds_run` at its top.", async (t) => {
    const before = await allBuilds(t.api);
    await refusal(importBuild(t.api, true, await archiveOf({ "readme.txt": "no game" })), "UPLOAD_REFUSED");
    await refusal(importBuild(t.api, true, await archiveOf({ srcds_run: { mode: 0o644, content: "#!/bin/sh\n" } })), "UPLOAD_REFUSED");
    await refusal(importBuild(t.api, true, await archiveOf({ "below/srcds_run": srcds })), "UPLOAD_REFUSED");
    assert.deepEqual(await allBuilds(t.api), before);
  });

  test("size-is-verified", "Unset = unknown. An upload of another size is refused.", async (t) => {
    const archive = await archiveOf({ srcds_run: srcds, "size.txt": t.world.prefix });
    const before = await allBuilds(t.api);
    const size = BigInt(archive.length);
    for (const sizeBytes of [size - 1n, size + 1n, 0n])
      await refusal(importBuild(t.api, true, archive, { sizeBytes }), "UPLOAD_REFUSED", { problem: /announced/ });
    assert.deepEqual(await allBuilds(t.api), before, "nothing of it is kept");
    assert.equal((await importBuild(t.api, false, archive, { sizeBytes: size })).changed, true);
  });

  test("digest-is-verified", "Empty = unknown. An upload with another digest is refused.", async (t) => {
    const archive = await archiveOf({ srcds_run: srcds, "digest.txt": t.world.prefix });
    const before = await allBuilds(t.api);
    const sha256 = createHash("sha256").update(archive).digest("hex");
    const other = createHash("sha256").update("another").digest("hex");
    await refusal(importBuild(t.api, true, archive, { sha256: other }), "UPLOAD_REFUSED", { problem: new RegExp(sha256) });
    for (const wrong of [sha256.toUpperCase(), sha256.slice(1), "no digest"])
      await refusal(importBuild(t.api, true, archive, { sha256: wrong }), "INVALID_REQUEST", { field: "header.sha256" });
    assert.deepEqual(await allBuilds(t.api), before, "nothing of it is kept");
    assert.equal((await importBuild(t.api, false, archive, { sha256, sizeBytes: BigInt(archive.length) })).changed, true);
  });

  test("hostile-build-leaves-nothing", "All or nothing: a refused, broken or abandoned upload leaves nothing behind.", async (t) => {
    const before = await allBuilds(t.api);
    const trees: Tree[] = [
      { "../evil.txt": "x" },
      { link: { type: "symlink", linkname: "/etc" } },
      { dev: { type: "character-device", devmajor: 1, devminor: 3 } },
    ];
    for (const tree of trees) await refusal(importBuild(t.api, true, await archiveOf({ srcds_run: srcds, ...tree })), "UPLOAD_REFUSED");
    assert.deepEqual(await allBuilds(t.api), before);
  });

  test("truncated-build-leaves-nothing", "All or nothing: a refused, broken or abandoned upload leaves nothing behind.", async (t) => {
    const before = await allBuilds(t.api);
    const archive = await archiveOf({ srcds_run: srcds, "big.bin": "x".repeat(400_000) });
    await refusal(importBuild(t.api, true, archive.subarray(0, 200_000)), "UPLOAD_REFUSED");
    assert.deepEqual(await allBuilds(t.api), before);
  });

  test("abandoned-build-leaves-nothing", "All or nothing: a refused, broken or abandoned upload leaves nothing behind.", async (t) => {
    const before = await allBuilds(t.api);
    const archive = await archiveOf({ srcds_run: srcds, "big.bin": "x".repeat(600_000) });
    const abort = new AbortController();
    async function* abandoned() {
      yield archive.subarray(0, 300_000);
      abort.abort();
      await new Promise(() => undefined);
    }
    await failsWith(importBuild(t.connect(), true, abandoned(), {}, { signal: abort.signal }), Code.Canceled);
    assert.deepEqual(await allBuilds(t.api), before);
  });
});
