import assert from "node:assert/strict";
import { Severity } from "../../../src/gen/left4me/host/v1/host_service_pb.ts";
import { collect } from "../fixtures/collect.ts";
import { refusal } from "../fixtures/refusal.ts";
import { script } from "../fixtures/test-context.ts";
import { offers } from "../runner/needs.ts";
import { area } from "../runner/test-case.ts";

const mine = "sim_cat left4dead2/mine.txt";

/** What a host may offer; where it does not, `errors/…-where-not-offered` proves the refusal. */
export const offered = area("offered", (test) => {
  test(
    "archive-comes-back",
    "Puts an archive back in the place of what a stopped instance has written since.",
    async (t) => {
      const { game } = await t.play(["sim_write left4dead2/mine.txt kept"]);
      const { archiveId } = await game.reset({ archive: true });
      const { archives } = await t.api.instances.listArchives({ name: game.name });
      assert.deepEqual(
        archives.map(({ id, buildId }) => [id, buildId]),
        [[archiveId, t.world.build?.id]],
      );
      await game.initialize({ config: script([mine]) });
      await game.start();
      assert.equal((await game.printed()).answer(mine), "error ENOENT");
      await game.stop();
      for (let round = 0; round < 2; round++) await t.api.instances.restoreArchive({ name: game.name, archiveId });
      await game.start();
      assert.equal((await game.printed()).answer(mine), "kept");
    },
    { needs: [offers("archives")] },
  );

  test(
    "archive-that-is-missing",
    "Raises NOT_FOUND / ARCHIVE_NOT_FOUND, FAILED_PRECONDITION / INSTANCE_RUNNING",
    async (t) => {
      const game = await t.game();
      await refusal(t.api.instances.restoreArchive({ name: game.name, archiveId: "none" }), "ARCHIVE_NOT_FOUND", {
        name: game.name,
        archive: "none",
      });
    },
    { needs: [offers("archives")] },
  );

  test(
    "archive-for-a-running-game",
    "Legal when the instance is stopped.",
    async (t) => {
      const game = await t.running();
      const { archiveId } = await game.reset({ archive: true });
      await game.start();
      await refusal(t.api.instances.restoreArchive({ name: game.name, archiveId }), "INSTANCE_RUNNING", { name: game.name });
    },
    { needs: [offers("archives")] },
  );

  test(
    "job-that-is-missing",
    "Only attaches to this job, the running or the last one.",
    async (t) => {
      await refusal(collect(t.api.installation.installGame({ jobId: "no-such-job" })), "JOB_NOT_FOUND", { job: "no-such-job" });
    },
    { needs: [offers("installGame")] },
  );

  test(
    "diagnosis",
    "The findings, the gravest first.",
    async (t) => {
      const { findings } = await t.api.host.diagnose({});
      assert.ok(findings.length > 0);
      const gravity = findings.map(({ severity }) => Number(severity));
      assert.deepEqual(
        gravity,
        gravity.toSorted((a, b) => b - a),
      );
      for (const { check, message, severity, cure } of findings)
        assert.ok(check !== "" && message !== "" && (severity === Severity.OK || cure !== ""), check);
    },
    { needs: [offers("diagnose")] },
  );

  test(
    "volatile-instance-runs",
    "Trades the safety of the writable layer against a faster stop",
    async (t) => {
      const { game } = await t.play(["sim_write left4dead2/mine.txt kept"], { volatile: true });
      await game.initialize({ config: script([mine]) });
      await game.restart();
      assert.equal((await game.printed()).answer(mine), "kept", "without a loss of power nothing is lost");
    },
    { needs: [offers("volatile")] },
  );

  test(
    "files-are-preserved",
    "Files below the game directory that ResetInstance keeps, as glob patterns such as `left4dead2/cfg/banned_*.cfg`.",
    async (t) => {
      const looks = ["sim_cat left4dead2/cfg/banned_cf.cfg", "sim_cat left4dead2/lost.txt"];
      const preserve = ["left4dead2/cfg/banned_*.cfg"];
      const { game } = await t.play([...looks, "sim_write left4dead2/cfg/banned_cf.cfg kept", "sim_write left4dead2/lost.txt lost"], {
        preserve,
      });
      await game.reset();
      await game.start();
      const printed = await game.printed();
      assert.deepEqual(
        looks.map((look) => printed.answer(look)),
        ["kept", "error ENOENT"],
      );
    },
    { needs: [offers("preserve")] },
  );
});
