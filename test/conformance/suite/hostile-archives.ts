import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { Code } from "@connectrpc/connect";
import { archiveOf, type Tree } from "../fixtures/archive.ts";
import { allOverlays } from "../fixtures/list-all.ts";
import { failsWith, refusal } from "../fixtures/refusal.ts";
import { importOverlay } from "../fixtures/upload.ts";
import { area } from "../runner/test-case.ts";

const srcds = { mode: 0o755, content: "#!/bin/sh\n" };

/** Archives that would write outside their tree, or make what a tree of files has no use for. */
const hostile: Readonly<Record<string, Tree>> = {
  "parent-path": { "../evil.txt": "x" },
  "inner-parent-path": { "a/../../evil.txt": "x" },
  "absolute-path": { "/etc/evil.txt": "x" },
  "absolute-link": { link: { type: "symlink", linkname: "/etc/passwd" } },
  "escaping-link": { "a/link": { type: "symlink", linkname: "../../etc/passwd" } },
  "write-through-a-link": { "d/x.txt": "x", link: { type: "symlink", linkname: "d" }, "link/evil.txt": "x" },
  "escaping-hard-link": { hard: { type: "link", linkname: "../../../etc/passwd" } },
  "dangling-hard-link": { hard: { type: "link", linkname: "no-such-file" } },
  "character-device": { dev: { type: "character-device", devmajor: 1, devminor: 3 } },
  "whiteout-device": { dev: { type: "character-device", devmajor: 0, devminor: 0 } },
  "block-device": { dev: { type: "block-device", devmajor: 8, devminor: 0 } },
  fifo: { pipe: { type: "fifo" } },
  "control-characters": { "a\nb.txt": "x" },
  "long-name": { [`${"n".repeat(256)}.txt`]: "x" },
  "endless-depth": { [`${"d/".repeat(200)}x`]: "x" },
};

export const hostileArchives = area("uploads", (test) => {
  for (const [slug, tree] of Object.entries(hostile)) {
    test(`${slug}-is-refused`, "An uploaded archive was refused; nothing of it was kept. Metadata: entry, problem.", async (t) => {
      const ref = t.ref();
      // Something harmless comes first: it must not be kept either.
      const { info } = await refusal(
        importOverlay(t.api, ref, await archiveOf({ "fine.txt": "fine", srcds_run: srcds, ...tree })),
        "UPLOAD_REFUSED",
      );
      assert.notEqual(info.metadata["entry"], "", "the entry is named");
      assert.ok(!(await allOverlays(t.api)).some((overlay) => overlay.ref === ref));
    });
  }

  test("inner-links-are-kept", "Takes a version of an overlay from an uploaded tar archive and makes it the current one.", async (t) => {
    const ref = await t.overlay({
      "left4dead2/cf/d/x.txt": "linked",
      "left4dead2/cf/soft": { type: "symlink", linkname: "d/x.txt" },
      "left4dead2/cf/hard": { type: "link", linkname: "left4dead2/cf/d/x.txt" },
    });
    const looks = ["sim_cat left4dead2/cf/soft", "sim_cat left4dead2/cf/hard"];
    const { printed } = await t.play(looks, { overlays: [{ ref }] });
    assert.deepEqual(
      looks.map((look) => printed.answer(look)),
      ["linked", "linked"],
    );
  });

  test(
    "compression-bomb-is-refused",
    "RESOURCE_EXHAUSTED. An upload or one of its entries is too large. Metadata: limit (which one, in words), maximum.",
    async (t) => {
      const bomb = gzipSync(await archiveOf({ "zeros.bin": new Uint8Array(160 * 2 ** 20) }), { level: 9 });
      const ref = t.ref();
      await refusal(importOverlay(t.api, ref, bomb), "UPLOAD_TOO_LARGE");
      assert.ok(!(await allOverlays(t.api)).some((overlay) => overlay.ref === ref));
    },
  );

  test("truncated-upload-leaves-nothing", "All or nothing: a refused, broken or abandoned upload leaves nothing behind.", async (t) => {
    const ref = await t.overlay({ "old.txt": "old" });
    const archive = await archiveOf({ "a.txt": "a".repeat(3000), "b.txt": "b".repeat(100_000) });
    const before = (await allOverlays(t.api)).find((overlay) => overlay.ref === ref);
    for (const length of [700, 20_000, archive.length - 1500])
      await refusal(importOverlay(t.api, ref, archive.subarray(0, length)), "UPLOAD_REFUSED");
    assert.deepEqual(
      (await allOverlays(t.api)).find((overlay) => overlay.ref === ref),
      before,
    );
  });

  test("abandoned-upload-leaves-nothing", "All or nothing: a refused, broken or abandoned upload leaves nothing behind.", async (t) => {
    const ref = t.ref();
    const archive = await archiveOf({ "a.txt": "a".repeat(600_000) });
    const abort = new AbortController();
    async function* abandoned() {
      yield archive.subarray(0, 300_000);
      abort.abort();
      await new Promise(() => undefined);
    }
    await failsWith(importOverlay(t.connect(), ref, abandoned(), {}, { signal: abort.signal }), Code.Canceled);
    assert.ok(!(await allOverlays(t.api)).some((overlay) => overlay.ref === ref));
    assert.ok((await importOverlay(t.api, ref, archive)).changed, "nothing of it stands in the way");
  });
});
