import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sh } from "./host.ts";
import { type DaemonHost, prepareDaemon } from "./prepared-daemon.ts";
import { inHost } from "./prepared-host.ts";
import { until } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

type Status = { readonly state: string; readonly drift: string; readonly generation: string; readonly invocationId: string };

/** What PID 1 says when it will start a unit that has failed once more: SD_MESSAGE_UNIT_RESTART_SCHEDULED of sd-messages.h. */
const restartScheduled = "MESSAGE_ID=5eb03494b6584870a536b337290809b3";

for (const transport of ["dbus", "sudo"] as const)
  describe(`left4me-hostd.service on a systemd host, by ${transport}`, { skip: whyNoHosts() ?? false }, () =>
    daemonTests(`daemon-${transport}`, transport),
  );

function daemonTests(name: string, transport: "dbus" | "sudo"): void {
  let host: DaemonHost;

  before(async () => {
    host = await prepareDaemon(name, transport);
    await sh(
      name,
      `cp -r /opt/left4me/repository/standin/tree /tmp/build
       mkdir /tmp/build/bin && cp ${inHost.node} /tmp/build/bin/node
       echo 'port: 27110' >/tmp/spec.yaml`,
    );
    await succeed("install", "--import", "/tmp/build");
    await succeed("initialize", "game", "-f", "/tmp/spec.yaml");
  });
  after(() => host?.end());

  async function succeed(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await host.ctl(...args);
    assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  async function status(): Promise<Status> {
    return (JSON.parse(await succeed("status", "game", "--json")) as { status: Status }).status;
  }

  async function untilStatus(what: string, condition: (status: Status) => boolean): Promise<Status> {
    for (let tries = 0; tries < 600; tries++) {
      const found = await status();
      if (condition(found)) return found;
      await sleep(200);
    }
    throw new Error(`not within 120 s: ${what}; ${JSON.stringify(await status())}`);
  }

  it("says what it is, and is ready for the service manager when it serves", async () => {
    const info = JSON.parse(await succeed("host", "--json")) as { driver: string; transport: string };
    assert.deepEqual([info.driver, info.transport], ["systemd", transport]);
    assert.equal(await sh(name, "systemctl show -P ActiveState left4me-hostd"), "active\n");
  });

  it("obeys what is stopped and started by hand, and shows it", async () => {
    await succeed("start", "game");
    await sh(name, "systemctl stop left4me-server@game");
    await untilStatus("stopped outside", ({ state, drift }) => state === "INSTANCE_STATE_STOPPED" && drift === "DRIFT_STOPPED_OUTSIDE");
    await sh(name, "systemctl start left4me-server@game");
    await untilStatus("runs on its generation", ({ state, generation }) => state === "INSTANCE_STATE_RUNNING" && generation === "1");
    await succeed("stop", "game");
    await sh(name, "systemctl start left4me-server@game");
    await untilStatus("started outside", ({ drift }) => drift === "DRIFT_STARTED_OUTSIDE");
    await succeed("stop", "game");
  });

  it("adopts a running game after SIGKILL; the socket is never closed", async () => {
    await succeed("start", "game");
    const { invocationId } = await status();
    await sh(name, "systemctl kill -s KILL left4me-hostd");
    const found = await untilStatus("is there again", ({ state }) => state === "INSTANCE_STATE_RUNNING");
    assert.equal(found.invocationId, invocationId);
    assert.equal(found.generation, "1");
    await succeed("stop", "game");
  });

  it("outlives the bus: connects again, and sees what happened meanwhile", async () => {
    await succeed("start", "game");
    await sh(
      name,
      "systemctl stop dbus.service dbus.socket; systemctl --no-ask-password kill -s KILL left4me-server@game; sleep 1; systemctl start dbus.socket dbus.service",
    );
    await untilStatus("the crash is known", ({ state, invocationId }) => state === "INSTANCE_STATE_RUNNING" && invocationId !== "");
    await until(name, "journalctl -u left4me-hostd --no-pager | grep -q 'answers again'");
    await succeed("stop", "game");
    await untilStatus("stopped", ({ state }) => state === "INSTANCE_STATE_STOPPED");
  });

  it("names who holds the mount, and stops when it is free again", async () => {
    await succeed("start", "game");
    await sh(name, "cd /var/lib/left4me/runtime/game/merged; nohup sleep 600 >/dev/null 2>&1 & echo $! >/tmp/holder");
    await until(name, "grep -qx sleep /proc/$(cat /tmp/holder)/comm");
    const { code, stderr } = await host.ctl("stop", "game");
    assert.notEqual(code, 0);
    assert.match(stderr, /held by pid \d+ \(sleep\)/);
    await sh(name, "kill $(cat /tmp/holder)");
    await until(name, "[[ ! -d /proc/$(cat /tmp/holder) ]]");
    await succeed("stop", "game");
    assert.equal((await status()).state, "INSTANCE_STATE_STOPPED");
    assert.equal(await sh(name, `grep -c runtime/game /proc/self/mountinfo || true`), "0\n");
  });

  it("fails at once, with the exit code, when systemd cannot set up the sandbox", async () => {
    const place = "/run/systemd/system/left4me-server@game.service.d";
    await sh(name, `mkdir -p ${place}; printf '[Service]\\nBindReadOnlyPaths=/missing\\n' >${place}/broken.conf; systemctl daemon-reload`);
    const restarts = async () =>
      Number(await sh(name, `journalctl -q -o cat UNIT=left4me-server@game.service ${restartScheduled} | wc -l`));
    const before = await restarts();
    const { code, stderr } = await host.ctl("start", "game");
    assert.notEqual(code, 0);
    assert.match(stderr, /exited with code 226 \(NAMESPACE\): its sandbox could not be set up/);
    assert.ok((await restarts()) - before <= 1, "without waiting for systemd's own tries");
    await sh(name, `rm -r ${place}; systemctl daemon-reload; ! systemctl is-active -q left4me-server@game left4me-overlay@game`);
    await succeed("start", "game");
    await succeed("stop", "game");
  });

  it("says that an upper of another driver is to be reset, and resets it", async () => {
    await sh(name, "echo 'driver=embedded xattr=user' >/var/lib/left4me/runtime/game/format");
    const { code, stderr } = await host.ctl("start", "game");
    assert.notEqual(code, 0);
    assert.match(stderr, /driver=embedded xattr=user.*reset/s);
    await succeed("reset", "game");
    await succeed("start", "game");
    await succeed("delete", "game");
    assert.equal(
      await sh(name, "ls /var/lib/left4me/runtime /var/lib/left4me/instances"),
      "/var/lib/left4me/instances:\n\n/var/lib/left4me/runtime:\n",
    );
  });
}
