import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { asHostFailure, Drift, InstanceState, type InstanceStatus, importBuild, WaitFor } from "../../src/client/index.ts";
import { archiveOf } from "../evidence/power-cut/contents.ts";
import { BootingHost } from "./booting-host.ts";
import { noMounts, until } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const name = "game";
const port = 27_350;

describe("services that a host needs, away and back", { skip: whyNoHosts() ?? false }, () => {
  let host: BootingHost;

  before(async () => {
    host = await BootingHost.create("services");
    await importBuild(host.client, archiveOf("build", "one"));
    await host.client.instances.initializeInstance({ name, spec: { port } });
  });
  after(() => host?.end());

  const calls = () => host.client.instances;
  const start = () => calls().startInstance({ name, waitFor: WaitFor.ACTIVE });
  const status = async () => (await calls().getInstance({ name })).instance?.status as InstanceStatus;
  /** Reason and problem that a call is refused for. */
  const refusal = async (call: Promise<unknown>) => {
    const failure = asHostFailure(
      await call.then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    return [failure?.reason, failure?.metadata["problem"]];
  };
  const untilStatus = async (what: string, condition: (found: InstanceStatus) => boolean) => {
    for (let tries = 0; tries < 1200; tries += 1) {
      if (condition(await status())) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(
      `not within 120 s: ${what}; ${JSON.stringify(await status(), (_, value) => (typeof value === "bigint" ? String(value) : value))}`,
    );
  };
  /** Starts until it succeeds: what recovers does so within 120 s. */
  const startsAgain = async () => {
    let last: unknown;
    for (let tries = 0; tries < 240; tries += 1) {
      try {
        return await start();
      } catch (error) {
        last = error;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
    throw last;
  };

  it("polkit, restarted: nothing is refused", async () => {
    for (let round = 0; round < 5; round += 1) {
      const restart = host.sh("systemctl reset-failed polkit.service; systemctl restart polkit.service"); // its start limit is not ours
      await start();
      await calls().stopInstance({ name });
      await restart;
    }
  });

  it("polkit, killed before it has decided, and started again: nothing is refused", async () => {
    for (const call of [start, () => calls().stopInstance({ name })]) {
      await host.sh("systemctl reset-failed polkit.service; systemctl start polkit.service; systemctl kill -s STOP polkit.service");
      const called = call();
      await new Promise((resolve) => setTimeout(resolve, 1000)); // PID 1 has asked polkit by now
      await host.sh("systemctl kill -s KILL polkit.service; systemctl start polkit.service");
      await called;
    }
  });

  it("polkit, away: a typed refusal, reads go on, and all is well when it is back", async () => {
    const mask = () => host.sh("systemctl mask -q --runtime --now polkit.service 2>&1");
    const unmask = () => host.sh("systemctl unmask -q --runtime polkit.service 2>&1");
    try {
      await start();
      await mask();
      assert.deepEqual(await refusal(calls().stopInstance({ name })), ["DRIVER_UNAVAILABLE", "polkit-denied"]);
      assert.equal((await status()).state, InstanceState.RUNNING);
      assert.deepEqual(await refusal(calls().resetInstance({ name })), ["DRIVER_UNAVAILABLE", "polkit-denied"]);
      assert.equal((await status()).state, InstanceState.RUNNING);
      await unmask();
      await calls().stopInstance({ name });
      await mask();
      assert.deepEqual(await refusal(start()), ["DRIVER_UNAVAILABLE", "polkit-denied"]);
      assert.equal((await status()).state, InstanceState.STOPPED);
    } finally {
      await unmask();
    }
    await startsAgain();
    await calls().stopInstance({ name });
  });

  it("the bus, away: a typed refusal, reads go on, and all is well when it is back", async () => {
    await start();
    const { invocationId } = await status();
    await host.sh("systemctl stop dbus.socket dbus.service");
    assert.deepEqual(await refusal(calls().stopInstance({ name })), ["DRIVER_UNAVAILABLE", "bus-away"]);
    assert.equal((await status()).invocationId, invocationId);
    await host.sh("systemctl start dbus.socket dbus.service");
    for (let tries = 0; tries < 600; tries += 1) {
      const [reason] = await refusal(calls().stopInstance({ name }));
      if (reason === undefined) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.equal((await status()).state, InstanceState.STOPPED);
    await host.sh(noMounts);
    await startsAgain();
    await calls().stopInstance({ name });
  });

  it("a daemon that starts without a bus recovers when there is one", async () => {
    await start();
    const { invocationId } = await status();
    await host.sh(
      "systemctl stop dbus.socket dbus.service; systemctl kill -s KILL left4me-hostd.service; sleep 25; systemctl start dbus.socket dbus.service",
    );
    await host.atRest();
    await untilStatus("the game is taken up", ({ state }) => state === InstanceState.RUNNING);
    assert.equal((await status()).invocationId, invocationId);
    await calls().stopInstance({ name });
  });

  for (const [what, script] of Object.entries({
    restarted: "systemctl restart systemd-journald@left4me.service systemd-journald.service",
    killed: "systemctl kill -s KILL systemd-journald@left4me.service systemd-journald.service; sleep 1",
  })) {
    it(`the journal, ${what}: the game runs on, and its later lines are in the log`, async () => {
      await start();
      const { invocationId } = await status();
      await host.sh(script);
      assert.equal((await status()).invocationId, invocationId);
      assert.equal((await status()).state, InstanceState.RUNNING);
      await calls().stopInstance({ name });
      await start();
      const next = (await status()).invocationId;
      await until(host.name, `journalctl --namespace=left4me _SYSTEMD_INVOCATION_ID=${next} -o cat | grep -q ready`);
      await calls().stopInstance({ name });
    });
  }

  it("the games' journal, stopped: a start brings it back", async () => {
    const units = ["systemd-journald@left4me.service", "systemd-journald@left4me.socket", "systemd-journald-varlink@left4me.socket"];
    // The daemon asks journald for its turn behind the stop before: a start by its socket cancels the stop of that.
    await until(host.name, `systemctl stop ${units.join(" ")}`);
    await startsAgain();
    const { invocationId } = await status();
    await until(host.name, `journalctl --namespace=left4me _SYSTEMD_INVOCATION_ID=${invocationId} -o cat | grep -q ready`);
    await calls().stopInstance({ name });
  });

  it("units stopped and started by hand: the overlay under its game, the game, both", async () => {
    await start();
    await host.sh(`systemctl stop left4me-overlay@${name}`);
    await untilStatus("stopped outside", ({ state, drift }) => state === InstanceState.STOPPED && drift === Drift.STOPPED_OUTSIDE);
    await host.sh(noMounts);
    await host.sh(`systemctl start left4me-server@${name}`);
    await untilStatus("runs again, as wished", ({ state, drift }) => state === InstanceState.RUNNING && drift === Drift.NONE);
    await host.sh(`systemctl restart left4me-server@${name}`);
    await untilStatus("runs after a restart by hand", ({ state, drift }) => state === InstanceState.RUNNING && drift === Drift.NONE);
    await host.sh(`systemctl start left4me-reset@${name}`);
    await untilStatus("reset outside", ({ state, drift }) => state === InstanceState.STOPPED && drift === Drift.STOPPED_OUTSIDE);
    await calls().stopInstance({ name });
    await host.sh(`systemctl start left4me-server@${name}`);
    await untilStatus("started outside", ({ drift }) => drift === Drift.STARTED_OUTSIDE);
    await calls().resetInstance({ name });
    assert.equal((await status()).state, InstanceState.STOPPED);
    await host.sh(noMounts);
  });
});
