import assert from "node:assert/strict";
import { DesiredState, InstanceState } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { WaitFor } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import type { Game } from "../fixtures/game.ts";
import { refusal } from "../fixtures/refusal.ts";
import { stoppingSlowly } from "../fixtures/stopping-slowly.ts";
import { held } from "../fixtures/within.ts";
import { area } from "../runner/test-case.ts";

export const supersede = area("concurrency", (test) => {
  for (const [verb, supersede] of [
    ["STOP", (game: Game) => game.stop()],
    ["RESET", (game: Game) => game.reset()],
    ["DELETE", (game: Game) => game.delete()],
  ] as const) {
    test(
      `${verb.toLowerCase()}-supersedes-a-start`,
      "StopInstance, ResetInstance and DeleteInstance supersede a start or a restart that is under way or queued, whose callers get ABORTED / SUPERSEDED.",
      async (t) => {
        const game = await t.game({ config: ["sim_boot_delay 20"] });
        const starting = refusal(game.start(), "SUPERSEDED", { name: game.name, verb });
        await game.until("the game", ({ state }) => state === InstanceState.RUNNING);
        const { changed } = await supersede(game);
        assert.ok(changed);
        await starting;
        if (verb === "DELETE") await refusal(game.get(), "INSTANCE_NOT_FOUND");
        else
          assert.deepEqual([(await game.get()).desiredState, (await game.status()).state], [DesiredState.STOPPED, InstanceState.STOPPED]);
      },
    );
  }

  test(
    "stop-supersedes-a-start-at-once",
    "StopInstance, ResetInstance and DeleteInstance supersede a start or a restart that is under way or queued, whose callers get ABORTED / SUPERSEDED.",
    async (t) => {
      const game = await t.game({ config: ["sim_boot_delay 20"] });
      for (let round = 0; round < 5; round++) {
        // No pause between the two: the stop meets the start at another step each time, or has nothing to stop yet.
        const starting = game.start(WaitFor.READY).then(
          () => "started",
          (error: unknown) => error,
        );
        await game.until("the start", (_, { desiredState }) => desiredState === DesiredState.RUNNING);
        await game.stop();
        const outcome = await starting;
        await refusal(Promise.reject(outcome), "SUPERSEDED", { verb: "STOP" });
        assert.equal((await game.status()).state, InstanceState.STOPPED);
      }
    },
  );

  test(
    "stop-supersedes-a-restart",
    "StopInstance, ResetInstance and DeleteInstance supersede a start or a restart that is under way or queued, whose callers get ABORTED / SUPERSEDED.",
    async (t) => {
      const game = await t.running();
      await game.initialize({ config: ["sim_boot_delay 20"] });
      const before = await game.status();
      const restarting = refusal(game.restart(), "SUPERSEDED", { verb: "STOP" });
      await game.until(
        "the new game",
        ({ state, invocationId }) => state === InstanceState.RUNNING && invocationId !== before.invocationId,
      );
      assert.ok((await game.stop()).changed);
      await restarting;
      assert.equal((await game.status()).state, InstanceState.STOPPED);
    },
  );

  test(
    "stop-supersedes-a-queued-start",
    "StopInstance, ResetInstance and DeleteInstance supersede a start or a restart that is under way or queued, whose callers get ABORTED / SUPERSEDED.",
    async (t) => {
      const { game, stopping } = await stoppingSlowly(await t.running({ config: ["sim_ignore_sigint 1"] }));
      const starting = refusal(game.start(), "SUPERSEDED", { verb: "STOP" });
      await game.get(); // a round trip: the start is there before the next stop
      const again = held(game.stop());
      await starting;
      const answers = await Promise.all([stopping, again]);
      for (const { instance } of answers) assert.equal(instance.status.state, InstanceState.STOPPED);
      assert.equal((await game.get()).desiredState, DesiredState.STOPPED);
    },
    { lane: "patient" },
  );
});
