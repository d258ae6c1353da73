import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createEmbeddedDriver } from "../../../src/drivers/embedded/index.ts";
import { openHost } from "../../../src/host/open-host.ts";
import { eventuallyAsync, TemporaryHost } from "../../fixtures/embedded/temporary-host.ts";
import { messagesOf, originsOf } from "../host/layers/layer-host.ts";
import { tarOf, uploadOf } from "../host/unpack/tar.ts";

const { signal } = new AbortController();
const caller = { identity: "test", signal };
const order = { name: "a", etag: "", waitFor: "ACTIVE" } as const;

const game = `#!/bin/sh
cat left4dead2/cfg/a.cfg >left4dead2/seen
(echo more >>left4dead2/cfg/a.cfg) 2>/dev/null && echo changed >left4dead2/could
rm left4dead2/gone.txt
exec sleep 1000
`;

test("what an explanation tells of an overlay put there by hand is what a real game meets", async (t) => {
  const temporary = new TemporaryHost();
  t.after(() => temporary.tearDown());
  temporary.driver = await createEmbeddedDriver({ root: temporary.root });
  const host = await openHost({ root: temporary.root, driver: temporary.driver, version: "test", probe: async () => true });
  t.after(() => host.close());
  const build = [{ name: "srcds_run", mode: 0o755, content: game }, { name: "left4dead2/gone.txt" }, { name: "left4dead2/cfg/a.cfg" }];
  await host.importBuild(uploadOf(tarOf(...build)), true, signal);
  const cfg = join(temporary.root, "overlays/hand/left4dead2/cfg");
  mkdirSync(cfg, { recursive: true });
  writeFileSync(join(cfg, "a.cfg"), "by hand\n");
  chmodSync(join(cfg, "a.cfg"), 0o444);
  const spec = { port: 27015, overlays: [{ ref: "hand" }] };
  await host.initialize({ name: "a", spec, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
  const explained = () => host.explain("a", signal);

  await host.start(order, caller);
  const changes = async () => (await explained()).written?.files.map(({ path, deleted }) => `${deleted ? "- " : "+ "}${path}`);
  const sees = (change: string) => eventuallyAsync(async () => (await changes())?.includes(change) === true, 60_000, `no ${change}`);
  await sees("- left4dead2/gone.txt");
  assert.deepEqual(await changes(), ["- left4dead2/gone.txt", "+ left4dead2/seen"], "the game could not write to a.cfg");
  const first = await explained();
  const [modes = ""] = messagesOf(first, "OVERLAY_MODES");
  assert.match(modes, /a\.cfg/);
  assert.deepEqual(originsOf(first), ["left4dead2/cfg/a.cfg: 2 3", "left4dead2/cfg/server.cfg: 1"]);
  assert.deepEqual(messagesOf(first, "OVERLAY_EDITED_IN_USE"), []);
  const [listed] = await host.overlays(signal);
  assert.deepEqual([listed?.mutable, listed?.editedInUse, listed?.sizeBytes, listed?.files], [true, false, 8, 1]);

  execFileSync("sh", ["-c", modes.slice(modes.indexOf("repair it: ") + 11).replaceAll("sudo ", "")]);
  const repaired = await explained();
  assert.deepEqual(messagesOf(repaired, "OVERLAY_MODES"), []);
  assert.equal(messagesOf(repaired, "OVERLAY_EDITED_IN_USE").length, 1, "rights are an edit, too");
  await host.restart(order, caller);
  await sees("+ left4dead2/could");
  const second = await explained();
  assert.deepEqual(messagesOf(second, "OVERLAY_EDITED_IN_USE"), []);
  assert.deepEqual(originsOf(second)[0], "left4dead2/cfg/a.cfg: 0 2 3", "what the game wrote hides the others");
  assert.equal(readFileSync(join(cfg, "a.cfg"), "utf8"), "by hand\n");
  await host.stop(order, caller);
});
