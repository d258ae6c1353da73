import assert from "node:assert/strict";
import { DesiredState, InstanceState } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { holdUdpPort } from "../fixtures/port-pool.ts";
import { refusal } from "../fixtures/refusal.ts";
import { local } from "../runner/needs.ts";
import { area } from "../runner/test-case.ts";

export const errorsPorts = area("errors", (test) => {
  test(
    "port-held-by-an-instance",
    "FAILED_PRECONDITION. Another instance or process holds the port. Metadata: port, holder.",
    async (t) => {
      const first = await t.running();
      const port = Number(first.spec.port);
      const second = await t.game({ port });
      await refusal(second.start(), "PORT_IN_USE", { port: String(port), holder: new RegExp(first.name) });
      const { desiredState, status } = await second.get();
      assert.equal(desiredState, DesiredState.RUNNING, "the desired state stays RUNNING when the start fails");
      assert.notEqual(status.state, InstanceState.RUNNING);
      assert.equal((await first.status()).state, InstanceState.RUNNING);
      await first.stop();
      assert.ok((await second.start()).changed);
    },
  );

  test(
    "port-held-by-a-stranger",
    "FAILED_PRECONDITION. Another instance or process holds the port. Metadata: port, holder.",
    async (t) => {
      const game = await t.game();
      const port = Number(game.spec.port);
      const socket = await holdUdpPort(port);
      try {
        await refusal(game.start(), "PORT_IN_USE", { port: String(port), holder: /./ });
      } finally {
        socket.close();
      }
      assert.ok((await game.start()).changed);
    },
    { needs: [local] },
  );

  test("port-held-at-a-restart", "Raises what StopInstance and StartInstance raise.", async (t) => {
    const first = await t.running();
    const second = await t.running();
    await second.initialize({ port: Number(first.spec.port) });
    await refusal(second.restart(), "PORT_IN_USE", { holder: new RegExp(first.name) });
  });
});
