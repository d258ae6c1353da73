import assert from "node:assert/strict";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { DesiredState, InstanceState } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { LifecycleEvent } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import type { Game } from "../fixtures/game.ts";
import { allPages } from "../fixtures/list-all.ts";
import { refusal } from "../fixtures/refusal.ts";
import { script, type TestContext } from "../fixtures/test-context.ts";
import { offers } from "../runner/needs.ts";
import { area } from "../runner/test-case.ts";

const mine = "sim_cat left4dead2/mine.txt";
const writes = "sim_write left4dead2/mine.txt";

/** Archives and preserved files; where they are not offered, `errors/…-where-not-offered` proves the refusal. */
export const archives = area("archives", (test) => {
  test(
    "files-are-preserved",
    "Files below the game directory that ResetInstance keeps, as glob patterns such as `left4dead2/cfg/banned_*.cfg`.",
    async (t) => {
      const kept = ["left4dead2/cfg/banned_cf.cfg", "left4dead2/data/a/b/c.db", "left4dead2/data/.db"];
      const lost = ["left4dead2/lost.txt", "left4dead2/cfg/other.cfg", "left4dead2/data/c.txt"];
      const looks = [...kept, ...lost].map((path) => `sim_cat ${path}`);
      const directories = ["left4dead2/data", "left4dead2/data/a", "left4dead2/data/a/b"].map((path) => `sim_mkdir ${path}`);
      const { game } = await t.play([...directories, ...[...kept, ...lost].map((path) => `sim_write ${path} x`)], {
        preserve: ["left4dead2/cfg/banned_*.cfg", "left4dead2/data/**/*.db"],
      });
      const { changed, instance } = await game.reset();
      assert.deepEqual([changed, instance.desiredState], [true, DesiredState.STOPPED]);
      assert.deepEqual(await answers(game, looks), [...kept.map(() => "x"), ...lost.map(() => "error ENOENT")]);
      assert.equal((await game.reset()).changed, true, "it ran");
      assert.equal((await game.reset()).changed, false, "only what is preserved is left");
      assert.deepEqual(await answers(game, looks.slice(0, 1)), ["x"]);
    },
    { needs: [offers("preserve")] },
  );

  test(
    "preserve-warns-of-nothing",
    "The driver does not offer an option of the specification; the instance runs without it.",
    async (t) => {
      const game = await t.unborn({ preserve: ["left4dead2/cfg/banned_*.cfg"] });
      assert.deepEqual(
        (await game.initialize()).warnings.map(({ field }) => field).filter((field) => field === "spec.preserve"),
        [],
      );
    },
    { needs: [offers("preserve")] },
  );

  test(
    "archive-comes-back",
    "Puts an archive back in the place of what a stopped instance has written since.",
    async (t) => {
      const { game } = await t.play([`${writes} kept`]);
      const before = Date.now();
      const { archiveId, changed } = await game.reset({ archive: true });
      assert.ok(changed);
      const [archive, ...others] = await list(t, game);
      assert.deepEqual([others.length, archive?.id, archive?.buildId], [0, archiveId, t.world.build?.id]);
      assert.ok((archive?.sizeBytes ?? 0n) > 0n);
      assert.ok(archive?.createTime !== undefined && Math.abs(timestampMs(archive.createTime) - before) < 60_000);
      assert.deepEqual(await answers(game, [mine]), ["error ENOENT"]);
      await game.stop();
      for (let round = 0; round < 2; round++) {
        const { instance } = await t.api.instances.restoreArchive({ name: game.name, archiveId });
        assert.deepEqual([instance?.status?.state, instance?.desiredState], [InstanceState.STOPPED, DesiredState.STOPPED]);
      }
      assert.deepEqual(await answers(game, [mine]), ["kept"]);
      assert.deepEqual(
        (await list(t, game)).map(({ id }) => id),
        [archiveId],
        "it stays",
      );
    },
    { needs: [offers("archives")] },
  );

  test(
    "restored-archive-replaces-everything",
    "Puts an archive back in the place of what a stopped instance has written since.",
    async (t) => {
      const newer = "sim_cat left4dead2/newer.txt";
      const { game } = await t.play([`${writes} kept`]);
      const { archiveId } = await game.reset({ archive: true });
      await answers(game, [`${writes} again`, "sim_write left4dead2/newer.txt x"]);
      await game.stop();
      await t.api.instances.restoreArchive({ name: game.name, archiveId });
      assert.deepEqual(await answers(game, [mine, newer, `${writes} third`]), ["kept", "error ENOENT"]);
      await game.stop();
      await t.api.instances.restoreArchive({ name: game.name, archiveId });
      assert.deepEqual(await answers(game, [mine]), ["kept"], "what the game writes never reaches the archive");
    },
    { needs: [offers("archives")] },
  );

  test(
    "archive-holds-all-of-it",
    "Keeps what the game wrote as an archive: all of it, whatever `spec.preserve` names.",
    async (t) => {
      const looks = [mine, "sim_cat left4dead2/a.db"];
      const { game } = await t.play([`${writes} kept`, "sim_write left4dead2/a.db one"], { preserve: ["left4dead2/*.db"] });
      const { archiveId } = await game.reset({ archive: true });
      assert.deepEqual(await answers(game, [...looks, "sim_write left4dead2/a.db two"]), ["error ENOENT", "one"]);
      await game.stop();
      await t.api.instances.restoreArchive({ name: game.name, archiveId });
      assert.deepEqual(await answers(game, looks), ["kept", "one"]);
    },
    { needs: [offers("archives"), offers("preserve")] },
  );

  test(
    "archives-newest-first-and-as-many-as-the-host-keeps",
    "The oldest archives of the instance go when it has more than the host keeps (a setting of the host, 5).",
    async (t) => {
      const { game } = await t.play([`${writes} x`]);
      const made: string[] = [];
      for (let round = 0; round < 7; round++) {
        if (round > 0) await game.start();
        if (round > 0) await game.printed();
        made.unshift((await game.reset({ archive: true })).archiveId);
      }
      assert.equal(new Set(made).size, 7);
      const ids = (await list(t, game)).map(({ id }) => id);
      assert.deepEqual(ids, made.slice(0, ids.length));
      assert.ok(ids.length > 0);
      const pages = await allPages(async (pageToken) => {
        const page = await t.api.instances.listArchives({ name: game.name, pageSize: 2, pageToken });
        assert.ok(page.archives.length <= 2);
        return [page.archives.map(({ id }) => id), page.nextPageToken];
      });
      assert.deepEqual(pages, ids);
      // A host that keeps so many has not been asked to let any go.
      for (const gone of made.slice(ids.length))
        await refusal(t.api.instances.restoreArchive({ name: game.name, archiveId: gone }), "ARCHIVE_NOT_FOUND", { archive: gone });
    },
    { needs: [offers("archives")], limitSeconds: 120 },
  );

  test(
    "archive-of-nothing",
    "The id of the archive that was kept; empty without one.",
    async (t) => {
      const game = await t.game();
      const { archiveId, changed } = await game.reset({ archive: true });
      assert.deepEqual([archiveId, changed], ["", false], "it was never started");
      assert.deepEqual(await list(t, game), []);
    },
    { needs: [offers("archives")] },
  );

  test(
    "archive-that-is-missing",
    "Raises NOT_FOUND / ARCHIVE_NOT_FOUND, FAILED_PRECONDITION / INSTANCE_RUNNING",
    async (t) => {
      const game = await t.game();
      for (const archive of ["none", "20261129T101500Z-1a2b", "", "../alpha/20261129T101500Z-1a2b", "20261129T101500Z-1a2b.info"])
        await refusal(t.api.instances.restoreArchive({ name: game.name, archiveId: archive }), "ARCHIVE_NOT_FOUND", {
          name: game.name,
          archive,
        });
      const name = t.name();
      await refusal(t.api.instances.restoreArchive({ name, archiveId: "none" }), "INSTANCE_NOT_FOUND", { name });
      await refusal(t.api.instances.listArchives({ name }), "INSTANCE_NOT_FOUND", { name });
    },
    { needs: [offers("archives")] },
  );

  test(
    "archive-for-a-running-game",
    "Legal when the instance is stopped.",
    async (t) => {
      const { game } = await t.play([`${writes} kept`]);
      const { archiveId } = await game.reset({ archive: true });
      await game.start();
      await refusal(t.api.instances.restoreArchive({ name: game.name, archiveId }), "INSTANCE_RUNNING", { name: game.name });
      assert.equal((await game.status()).state, InstanceState.RUNNING);
      await game.stop();
      const etag = "not-this-one";
      await refusal(t.api.instances.restoreArchive({ name: game.name, archiveId, etag }), "ETAG_MISMATCH", { expected: etag });
    },
    { needs: [offers("archives")] },
  );

  test(
    "archive-is-removed",
    "Removes an archive, to free its room on the disk. The game may run.",
    async (t) => {
      const { game } = await t.play([`${writes} first`]);
      const { name } = game;
      const first = (await game.reset({ archive: true })).archiveId;
      await answers(game, [`${writes} second`]);
      const second = (await game.reset({ archive: true })).archiveId;
      await answers(game, [`${writes} third`]);
      const etag = "not-this-one";
      await refusal(t.api.instances.deleteArchive({ name, archiveId: second, etag }), "ETAG_MISMATCH", { expected: etag });
      const before = await game.status();
      assert.deepEqual((await t.api.instances.deleteArchive({ name, archiveId: second })).changed, true);
      assert.deepEqual((await t.api.instances.deleteArchive({ name, archiveId: second })).changed, false, "a missing archive");
      assert.deepEqual(
        (await list(t, game)).map(({ id }) => id),
        [first],
        "the other one stays",
      );
      const after = await game.status();
      assert.deepEqual([after.state, after.invocationId], [before.state, before.invocationId]);
      await game.stop();
      await refusal(t.api.instances.restoreArchive({ name, archiveId: second }), "ARCHIVE_NOT_FOUND", { archive: second });
      await t.api.instances.restoreArchive({ name, archiveId: first });
      assert.deepEqual(await answers(game, [mine]), ["first"]);
    },
    { needs: [offers("archives")] },
  );

  test(
    "removal-of-no-archive",
    "Raises INVALID_ARGUMENT / INVALID_REQUEST (no `archive_id`)",
    async (t) => {
      const { name } = await t.game();
      for (const archiveId of ["none", "20261129T101500Z-1a2b", "../alpha/20261129T101500Z-1a2b", "20261129T101500Z-1a2b.info"])
        assert.equal((await t.api.instances.deleteArchive({ name, archiveId })).changed, false);
      await refusal(t.api.instances.deleteArchive({ name }), "INVALID_REQUEST");
      const stranger = t.name();
      await refusal(t.api.instances.deleteArchive({ name: stranger, archiveId: "none" }), "INSTANCE_NOT_FOUND", { name: stranger });
    },
    { needs: [offers("archives")] },
  );

  test(
    "archives-go-with-their-instance",
    "Stops the game and removes the instance with all that it wrote.",
    async (t) => {
      const { game } = await t.play([`${writes} kept`]);
      const { archiveId } = await game.reset({ archive: true });
      await game.delete();
      await game.initialize();
      assert.deepEqual(await list(t, game), [], "a later instance of the name");
      await refusal(t.api.instances.restoreArchive({ name: game.name, archiveId }), "ARCHIVE_NOT_FOUND", { archive: archiveId });
    },
    { needs: [offers("archives")] },
  );

  test(
    "archive-is-told-in-the-log",
    "Specification, labels, uid and logs stay.",
    async (t) => {
      const { game } = await t.play([`${writes} kept`]);
      const { archiveId } = await game.reset({ archive: true });
      const told = (await game.log()).entries.filter(({ event }) => event === LifecycleEvent.RESET);
      assert.deepEqual(
        told.map(({ message }) => message.includes(archiveId)),
        [true],
      );
    },
    { needs: [offers("archives")] },
  );
});

async function list(t: TestContext, { name }: Game) {
  return (await t.api.instances.listArchives({ name })).archives;
}

/** Runs a game anew with these lines and returns what it answered to those that look at something. */
async function answers(game: Game, lines: readonly string[]): Promise<unknown[]> {
  await game.stop();
  await game.initialize({ config: script(lines) });
  await game.start();
  const printed = await game.printed();
  return lines.filter((line) => line.startsWith("sim_cat ")).map((line) => printed.answer(line));
}
