import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hostLayout } from "../../../src/domain/host-layout.ts";
import { createEmbeddedDriver } from "../../../src/drivers/embedded/index.ts";
import type { Host } from "../../../src/host/host.ts";
import { openHost } from "../../../src/host/open-host.ts";
import { eventually } from "../../fixtures/embedded/temporary-host.ts";

const { signal } = new AbortController();
const caller = { identity: "test", signal };
const id = "20261129T101500Z-1a2b";

/** A root with one stopped instance, and a daemon of it that comes and goes. */
class Restarting {
  readonly root: string;
  host: Host | undefined;

  private constructor(root: string) {
    this.root = root;
  }

  static async create(t: TestContext): Promise<Restarting> {
    const restarting = new Restarting(mkdtempSync(join(process.env["LEFT4ME_TEST_BASE"] ?? "/var/tmp", "l4m-recovery-")));
    t.after(async () => {
      await restarting.host?.close();
      rmSync(restarting.root, { recursive: true, force: true });
    });
    const host = await restarting.open();
    const spec = { port: 27_044, preserve: ["*.db"] };
    await host.initialize({ name: "a", spec, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
    return restarting;
  }

  async open(): Promise<Host> {
    await this.host?.close();
    const driver = await createEmbeddedDriver({ root: this.root });
    this.host = await openHost({ root: this.root, driver, version: "test", keepArchives: 2 });
    return this.host;
  }

  /** Has the next daemon find what one that was killed left. */
  async killedDuring(change: object): Promise<Host> {
    await this.host?.close();
    const path = hostLayout(this.root).record("a");
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
    const host = await this.open();
    await eventually(
      () => !readFileSync(path, "utf8").includes("intent"),
      60_000,
      () => readFileSync(path, "utf8"),
    );
    assert.ok(!readFileSync(path, "utf8").includes("archiveId"));
    return host;
  }

  /** What a game wrote, as it would lie there. */
  async write(files: Readonly<Record<string, string>>, instance = "a"): Promise<void> {
    const { gameUid, layerOwner } = (await createEmbeddedDriver({ root: this.root })).info;
    const upper = join(hostLayout(this.root).instanceRuntime(instance), "upper");
    mkdirSync(upper, { recursive: true });
    writeFileSync(join(upper, "../format"), `driver=embedded xattr=user uid=${gameUid} gid=${layerOwner?.gid ?? process.getgid?.()}\n`);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(upper, name), text);
  }

  get upper(): string {
    return join(hostLayout(this.root).instanceRuntime("a"), "upper");
  }

  get files(): string[] {
    return readdirSync(this.upper).sort();
  }
}

test("a reset is done again with the archive that it was about to keep, and once only", async (t) => {
  const daemon = await Restarting.create(t);
  await daemon.write({ "a.db": "1", "b.txt": "2" });
  const host = await daemon.killedDuring({ intent: "RESET", archiveId: id });
  assert.deepEqual(daemon.files, ["a.db"]);
  assert.deepEqual(
    (await host.archives("a")).map((archive) => archive.id),
    [id],
  );
  await daemon.write({ "c.txt": "3" });
  const again = await daemon.killedDuring({ intent: "RESET", archiveId: id });
  assert.equal((await again.archives("a")).length, 1, "the archive is there: the reset was done");
  assert.deepEqual(daemon.files, ["a.db", "c.txt"]);
});

test("a restore is done again; one of an archive that has gone leaves what is there", async (t) => {
  const daemon = await Restarting.create(t);
  await daemon.write({ "a.db": "1", "b.txt": "2" });
  const { archiveId } = await (daemon.host as Host).reset({ name: "a", etag: "", archive: true }, caller);
  await daemon.killedDuring({ intent: "RESTORE_ARCHIVE", archiveId });
  assert.deepEqual(daemon.files, ["a.db", "b.txt"]);
  await daemon.write({ "c.txt": "3" });
  await daemon.killedDuring({ intent: "RESTORE_ARCHIVE", archiveId: id });
  assert.deepEqual(daemon.files, ["a.db", "b.txt", "c.txt"]);
});

test("an archive that a reset is about to make is made, and then removed: it does not come back", async (t) => {
  const daemon = await Restarting.create(t);
  // Of so many at once the daemon does some later: a caller is faster.
  const names = Array.from({ length: 12 }, (_, index) => `b${String(index).padStart(2, "0")}`);
  for (const [index, name] of names.entries()) {
    const spec = { port: 27_050 + index, preserve: ["*.db"] };
    await daemon.host?.initialize({ name, spec, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
    await daemon.write({ "a.db": "1", "b.txt": "2" }, name);
  }
  await daemon.host?.close();
  const records = names.map((name) => hostLayout(daemon.root).record(name));
  const texts = records.map((path) => readFileSync(path, "utf8"));
  for (const [index, path] of records.entries())
    writeFileSync(path, JSON.stringify({ ...JSON.parse(texts[index] ?? ""), intent: "RESET", archiveId: id }));
  const host = await daemon.open();
  const last = names.at(-1) ?? "";
  assert.deepEqual(await host.deleteArchive({ name: last, etag: "", archiveId: id }, caller), { changed: true });
  await eventually(
    () => records.every((path) => !readFileSync(path, "utf8").includes("intent")),
    60_000,
    () => "intents are left",
  );
  for (const name of names) assert.equal((await host.archives(name)).length, name === last ? 0 : 1, name);
  assert.equal(readdirSync(join(hostLayout(daemon.root).instanceRuntime(last), "upper")).join(), "a.db");
});

test("archives are kept up to the host's number, with ids that rise, and a namesake has none of them", async (t) => {
  const daemon = await Restarting.create(t);
  const host = daemon.host as Host;
  const ids: string[] = [];
  for (let count = 0; count < 4; count += 1) {
    await daemon.write({ "b.txt": String(count) });
    ids.unshift((await host.reset({ name: "a", etag: "", archive: true }, caller)).archiveId);
  }
  assert.deepEqual(ids, ids.toSorted().toReversed());
  assert.deepEqual(
    (await host.archives("a")).map((archive) => archive.id),
    ids.slice(0, 2),
  );
  await host.delete({ name: "a", etag: "" }, caller);
  await host.initialize({ name: "a", spec: { port: 27_044 }, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
  assert.deepEqual(await host.archives("a"), []);
});
