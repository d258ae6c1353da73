import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { down, sh } from "./host.ts";
import { inHost, makeInstance, prepareHost } from "./prepared-host.ts";
import { start, stop, untilNothingIsLeft } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "kill";

/** The long form sets it to 50. */
const rounds = Number(process.env["LEFT4ME_KILL_ROUNDS"] ?? 10);
const seed = Number(process.env["LEFT4ME_KILL_SEED"] ?? 7);

describe("kills", { skip: whyNoHosts() ?? false }, () => {
  before(async () => {
    await prepareHost(host);
    await makeInstance(host, "alpha");
  });
  after(() => down(host));

  for (const unit of ["left4me-server@alpha", "left4me-overlay@alpha"]) {
    it(`of every process of ${unit} during a start leave nothing, ${rounds} times`, async () => {
      assert.equal(await sh(host, `${inHost.guest}/kill-during-start.sh ${unit} ${rounds} ${seed}`), "left=0\n");
    });
  }

  it("of the game's whole control group leave nothing when the restart is called off", async () => {
    await start(host, "alpha");
    await sh(host, "systemctl kill -s KILL left4me-server@alpha");
    await stop(host, "alpha");
    await untilNothingIsLeft(host, "alpha");
  });
});
