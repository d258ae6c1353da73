import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { UploadFormat } from "../../../src/gen/left4me/host/v1/upload_pb.ts";
import { archiveOf } from "../fixtures/archive.ts";
import { allOverlays } from "../fixtures/list-all.ts";
import { refusal } from "../fixtures/refusal.ts";
import { importOverlay } from "../fixtures/upload.ts";
import { held } from "../fixtures/within.ts";
import { area } from "../runner/test-case.ts";

export const overlayImports = area("overlays", (test) => {
  test(
    "import-tells-the-overlay",
    "Takes a version of an overlay from an uploaded tar archive and makes it the current one.",
    async (t) => {
      const ref = t.ref("nested/deeper");
      const { overlay, changed } = await importOverlay(t.api, ref, await archiveOf({ "a.txt": "12345", "d/b.txt": "123" }));
      assert.ok(changed);
      assert.equal(overlay?.ref, ref);
      assert.match(overlay?.version ?? "", /^sha256-./);
      assert.deepEqual([overlay?.mutable, overlay?.sizeBytes, overlay?.files, overlay?.usedBy], [false, 8n, 2n, []]);
      assert.ok(overlay?.publishTime !== undefined);
      const listed = (await allOverlays(t.api)).find((each) => each.ref === ref);
      assert.deepEqual([listed?.version, listed?.files], [overlay?.version, 2n]);
    },
  );

  test("same-content-changes-nothing", "Idempotent: the same content again answers `changed = false`.", async (t) => {
    const ref = t.ref();
    const first = await importOverlay(t.api, ref, await archiveOf({ "a.txt": "a", "b.txt": "b" }));
    const again = await importOverlay(t.api, ref, await archiveOf({ "b.txt": "b", "a.txt": "a" }));
    assert.deepEqual([first.changed, again.changed, again.overlay?.version], [true, false, first.overlay?.version]);
    const other = await importOverlay(t.api, ref, await archiveOf({ "a.txt": "other" }));
    assert.equal(other.changed, true);
    assert.notEqual(other.overlay?.version, first.overlay?.version);
  });

  test("same-content-elsewhere-is-the-same-version", "The digest of its current version, `sha256-…`.", async (t) => {
    const archive = await archiveOf({ "a.txt": "a" });
    const [one, two] = [await importOverlay(t.api, t.ref(), archive), await importOverlay(t.api, t.ref(), archive)];
    assert.deepEqual([two.changed, two.overlay?.version], [true, one.overlay?.version]);
  });

  test("compressed-archives", "Told from the first bytes.", async (t) => {
    const archive = await archiveOf({ "a.txt": "packed" });
    const plain = await importOverlay(t.api, t.ref(), archive, { format: UploadFormat.TAR });
    for (const [bytes, format] of [
      [gzipSync(archive), UploadFormat.TAR_GZIP],
      [gzipSync(archive), UploadFormat.UNSPECIFIED],
      [zstdCompressSync(archive), UploadFormat.TAR_ZSTD],
      [zstdCompressSync(archive), UploadFormat.UNSPECIFIED],
    ] as const) {
      const { overlay } = await importOverlay(t.api, t.ref(), bytes, { format });
      assert.equal(overlay?.version, plain.overlay?.version);
    }
  });

  test("wrong-format-is-refused", "An uploaded archive was refused; nothing of it was kept. Metadata: entry, problem.", async (t) => {
    const archive = await archiveOf({ "a.txt": "packed" });
    await refusal(importOverlay(t.api, t.ref(), archive, { format: UploadFormat.TAR_GZIP }), "UPLOAD_REFUSED");
    await refusal(importOverlay(t.api, t.ref(), Buffer.from("no archive at all, but long enough".repeat(40))), "UPLOAD_REFUSED");
    await refusal(importOverlay(t.api, t.ref(), new Uint8Array()), "UPLOAD_REFUSED");
  });

  test("delete-of-a-missing-overlay", "Idempotent: a missing overlay is a success with `changed = false`.", async (t) => {
    const ref = await t.overlay({ "a.txt": "a" });
    assert.equal((await t.api.host.deleteOverlay({ ref })).changed, true);
    assert.equal((await t.api.host.deleteOverlay({ ref })).changed, false);
    assert.ok(!(await allOverlays(t.api)).some((each) => each.ref === ref));
  });

  test("overlay-in-use", "FAILED_PRECONDITION. Instances name the overlay. Metadata: ref, used_by.", async (t) => {
    const ref = await t.overlay({ "a.txt": "a" });
    const game = await t.game({ overlays: [{ ref }] });
    assert.deepEqual((await allOverlays(t.api)).find((each) => each.ref === ref)?.usedBy, [game.name]);
    await refusal(t.api.host.deleteOverlay({ ref }), "OVERLAY_IN_USE", { ref, used_by: new RegExp(game.name) });
    const other = await t.game({ overlays: [{ ref }] });
    const users = [game.name, other.name].sort();
    assert.deepEqual((await allOverlays(t.api)).find((each) => each.ref === ref)?.usedBy, users);
    await refusal(t.api.host.deleteOverlay({ ref }), "OVERLAY_IN_USE", { ref, used_by: users.join(", ") });
    await other.initialize({ overlays: [] });
    await game.initialize({ overlays: [] });
    assert.equal((await t.api.host.deleteOverlay({ ref })).changed, true);
  });

  test("a-running-game-outlives-the-overlay", "Running games keep the version that they were started with", async (t) => {
    const ref = await t.overlay({ "left4dead2/cf/a.txt": "kept" });
    const config = ["echo started", "sim_sleep 1", "sim_cat left4dead2/cf/a.txt", "echo cf-end-of-script"];
    const game = await t.game({ overlays: [{ ref }], config });
    const starting = held(game.start());
    const reading = game.follow();
    await reading.line("started");
    reading.stop();
    await game.settled(); // the start holds the instance until it knows that the game runs
    await game.initialize({ overlays: [] });
    await t.api.host.deleteOverlay({ ref });
    await starting;
    assert.equal((await game.printed()).answer("sim_cat left4dead2/cf/a.txt"), "kept");
  });

  test(
    "references-that-are-prefixes",
    "FAILED_PRECONDITION. The reference is a prefix of another overlay's, or the reverse. Metadata: ref, other.",
    async (t) => {
      const archive = await archiveOf({ "a.txt": "a" });
      const ref = await t.overlay({ "a.txt": "a" }, t.ref("middle"));
      const parent = ref.slice(0, ref.lastIndexOf("/"));
      await refusal(importOverlay(t.api, `${ref}/below`, archive), "OVERLAY_REF_CONFLICT", { ref: `${ref}/below`, other: ref });
      await refusal(importOverlay(t.api, parent, archive), "OVERLAY_REF_CONFLICT", { ref: parent, other: ref });
      assert.ok((await importOverlay(t.api, `${ref}2`, archive)).changed, "a longer name is no path below");
      await t.api.host.deleteOverlay({ ref: `${ref}2` });
    },
  );

  test("list-in-the-order-of-references", "Lists the overlays in the order of their references.", async (t) => {
    for (const tail of ["b", "a", "c"]) await t.overlay({ "a.txt": tail }, t.ref(tail));
    const all = await allOverlays(t.api, 3);
    const refs = all.map(({ ref }) => ref);
    assert.deepEqual(refs, [...refs].sort(), "sorted");
    assert.equal(new Set(refs).size, refs.length, "each once");
  });

  test("header-first", "The first message is the header, the others are the archive's bytes.", async (t) => {
    const chunk = { part: { case: "chunk" as const, value: new Uint8Array(await archiveOf({ "a.txt": "a" })) } };
    const header = { part: { case: "header" as const, value: { ref: t.ref() } } };
    async function* sent(...messages: (typeof chunk | typeof header)[]) {
      yield* messages;
    }
    await refusal(t.api.host.importOverlay(sent(chunk)), "INVALID_REQUEST");
    await refusal(t.api.host.importOverlay(sent(header, chunk, header)), "INVALID_REQUEST");
    await refusal(t.api.host.importOverlay(sent()), "INVALID_REQUEST");
  });

  test("chunks-of-one-mebibyte", "The next bytes of the archive, at most 1 MiB.", async (t) => {
    const archive = await archiveOf({ "a.bin": new Uint8Array(3 * 2 ** 20) });
    async function* inChunksOf(size: number, ref: string) {
      yield { part: { case: "header" as const, value: { ref } } };
      for (let start = 0; start < archive.length; start += size) {
        yield { part: { case: "chunk" as const, value: new Uint8Array(archive.subarray(start, start + size)) } };
      }
    }
    assert.ok((await t.api.host.importOverlay(inChunksOf(2 ** 20, t.ref()))).changed);
    await refusal(t.api.host.importOverlay(inChunksOf(2 ** 20 + 1, t.ref())), "INVALID_REQUEST");
  });
});
