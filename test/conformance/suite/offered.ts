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
    "job-that-is-missing",
    "Only attaches to this job, the running or the last one; the options are ignored.",
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
});
