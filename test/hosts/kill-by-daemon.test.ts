import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { asHostFailure, InstanceState, importBuild, WaitFor } from "../../src/client/index.ts";
import { archiveOf } from "../evidence/power-cut/contents.ts";
import { Random } from "../evidence/random.ts";
import { BootingHost } from "./booting-host.ts";
import { noMounts } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const name = "game";

/** The long form sets it to 50. */
const rounds = Number(process.env["LEFT4ME_KILL_ROUNDS"] ?? 10);
const seed = Number(process.env["LEFT4ME_KILL_SEED"] ?? 7);

/** What a start may be answered with whose unit was killed. */
const typed = ["HELPER_FAILED", "START_FAILED", "MOUNT_BUSY"];

describe("kills during a start by the daemon", { skip: whyNoHosts() ?? false }, () => {
  let host: BootingHost;

  before(async () => {
    host = await BootingHost.create("kill-rpc");
    await importBuild(host.client, archiveOf("build", "one"));
    await host.client.instances.initializeInstance({ name, spec: { port: 27_360 } });
  });
  after(() => host?.end());

  for (const unit of [`left4me-server@${name}`, `left4me-overlay@${name}`, "left4me-hostd"]) {
    it(`of ${unit}: the answer is typed, a stop leaves nothing, ${rounds} times (seed ${seed})`, async (t) => {
      const random = new Random(seed);
      const answers: Record<string, number> = {};
      for (let round = 0; round < rounds; round += 1) {
        const started = host.client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE }).then(
          () => "started",
          (error: unknown) => asHostFailure(error)?.reason ?? "no answer",
        );
        await sleep(random.between(0, 150));
        await host.sh(`systemctl kill -s KILL ${unit} || true`);
        const answer = await started;
        answers[answer] = (answers[answer] ?? 0) + 1;
        if (answer !== "started") assert.ok(unit === "left4me-hostd" ? answer === "no answer" : typed.includes(answer), answer);
        await host.atRest();
        await host.client.instances.stopInstance({ name });
        const { instance } = await host.client.instances.getInstance({ name });
        assert.equal(instance?.status?.state, InstanceState.STOPPED);
        await host.sh(
          `${noMounts}; ! pgrep -u left4me-game
           ! systemctl list-units --no-legend --state=active,activating,deactivating,failed 'left4me-server@*' 'left4me-overlay@*' | grep .
           ! systemctl list-jobs --no-legend | grep 'left4me-'`,
        );
        if (unit === "left4me-hostd") await host.sh("systemctl reset-failed left4me-hostd");
      }
      t.diagnostic(JSON.stringify(answers));
    });
  }
});
