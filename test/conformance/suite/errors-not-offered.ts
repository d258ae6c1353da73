import assert from "node:assert/strict";
import { InstanceState } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { collect } from "../fixtures/collect.ts";
import { refusal } from "../fixtures/refusal.ts";
import { lacks } from "../runner/needs.ts";
import { area } from "../runner/test-case.ts";

export const errorsNotOffered = area("errors", (test) => {
  test(
    "archives-are-refused-where-not-offered",
    "NOT_IMPLEMENTED on a host without archives (GetHost, capabilities).",
    async (t) => {
      const game = await t.game();
      const { name } = game;
      await refusal(t.api.instances.listArchives({ name }), "NOT_IMPLEMENTED", { feature: /./ });
      await refusal(t.api.instances.restoreArchive({ name, archiveId: "x" }), "NOT_IMPLEMENTED", { feature: /./ });
      await refusal(t.api.instances.deleteArchive({ name, archiveId: "x" }), "NOT_IMPLEMENTED", { feature: /./ });
      await refusal(game.reset({ archive: true }), "NOT_IMPLEMENTED", { feature: /./ });
    },
    { needs: [lacks("archives")] },
  );

  test(
    "reset-with-preserve-is-refused-where-not-offered",
    "UNIMPLEMENTED / NOT_IMPLEMENTED for `archive` and for instances with `preserve`, on a host that does not offer them yet (GetHost, capabilities).",
    async (t) => {
      const game = await t.running({ preserve: ["left4dead2/cfg/banned_*.cfg"], config: [] });
      await refusal(game.reset(), "NOT_IMPLEMENTED", { feature: /./ });
      assert.equal((await game.status()).state, InstanceState.RUNNING, "what cannot be kept is not discarded");
    },
    { needs: [lacks("preserve")] },
  );

  test(
    "installing-is-refused-where-not-offered",
    "UNIMPLEMENTED / NOT_IMPLEMENTED on a host without SteamCMD jobs (GetHost, capabilities).",
    async (t) => {
      await refusal(collect(t.api.installation.installGame({})), "NOT_IMPLEMENTED", { feature: /./ });
      await refusal(t.api.installation.cancelInstall({}), "NOT_IMPLEMENTED", { feature: /./ });
    },
    { needs: [lacks("installGame")] },
  );

  test(
    "diagnosis-is-refused-where-not-offered",
    "Raises UNIMPLEMENTED / NOT_IMPLEMENTED on a host without diagnosis (GetHost, capabilities).",
    async (t) => {
      await refusal(t.api.host.diagnose({}), "NOT_IMPLEMENTED", { feature: /./ });
    },
    { needs: [lacks("diagnose")] },
  );
});
