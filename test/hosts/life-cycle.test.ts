import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { down, exec, sh } from "./host.ts";
import { makeInstance, prepareHost } from "./prepared-host.ts";
import { properties, property, show, start, stop, until, untilNothingIsLeft } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "cycle";
const merged = (name: string) => `/var/lib/left4me/runtime/${name}/merged`;
const said = (name: string, text: string) =>
  `journalctl --namespace=left4me -u left4me-server@${name} -o cat --no-pager | grep -qF '${text}'`;

describe("an instance's life in units", { skip: whyNoHosts() ?? false }, () => {
  before(() => prepareHost(host));
  after(() => down(host));

  it("starts with the exact arguments, shows merged on the host, and leaves nothing when stopped", async () => {
    await makeInstance(host, "plain");
    await start(host, "plain");
    assert.equal(await sh(host, `cat ${merged("plain")}/left4dead2/cfg/server.cfg`), "hostname plain generation 1\n");
    assert.equal(
      await sh(host, "runuser -u left4me -- cat /run/left4me/mounted/plain"),
      `generation 1\nnote -\n${["instances/plain/mount/1/launch", "instances/plain/gen/1/layer", "layers/base"].map((path) => `/var/lib/left4me/${path}\n`).join("")}`,
    );
    await until(host, said("plain", "arguments: [-game] [left4dead2] [two words]"));
    await stop(host, "plain");
    await untilNothingIsLeft(host, "plain");
    await until(host, said("plain", "bye"));
    assert.equal(await sh(host, "cat /run/left4me/mounted/plain"), "");
  });

  it("starts and stops as often as one likes: no unit of the journal counts the starts", async () => {
    await makeInstance(host, "often");
    for (let run = 1; run <= 12; run += 1) {
      await exec(host, ["systemctl", "reset-failed", "left4me-server@often"]); // as the driver does before every start
      await start(host, "often");
      await stop(host, "often");
    }
    await untilNothingIsLeft(host, "often");
  });

  it("reports the exit code, and keeps the overlay while a restart is pending", async () => {
    await makeInstance(host, "ends", "exit-3");
    await start(host, "ends");
    // One run may end without that systemd learns how (systemd/README.md); the next tells.
    const told = { ExecMainCode: "1", ExecMainStatus: "3", Result: "exit-code", SubState: "auto-restart" };
    await until(host, properties("left4me-server@ends", told));
    assert.equal((await show(host, "left4me-overlay@ends", "ActiveState"))["ActiveState"], "active");
    await stop(host, "ends");
    await untilNothingIsLeft(host, "ends");
  });

  it("reports the signal, and keeps mount and generation over restarts", async () => {
    await makeInstance(host, "crashes", "crash");
    await start(host, "crashes");
    await until(host, property("left4me-server@crashes", "SubState", "auto-restart"));
    const device = await sh(host, `stat -c %d ${merged("crashes")}`);
    await makeInstance(host, "crashes");
    await until(host, `(( $(systemctl show -P NRestarts left4me-server@crashes) >= 2 ))`);
    assert.equal(await sh(host, `stat -c %d ${merged("crashes")}`), device);
    assert.match(await sh(host, "cat /run/left4me/mounted/crashes"), /^generation 1\n/);
    // Every run's lines bear its own invocation id.
    const ids =
      'journalctl --namespace=left4me -u left4me-server@crashes -o json --no-pager | grep arguments | sed \'s/.*INVOCATION_ID":"//; s/".*//\'';
    assert.equal(await sh(host, `${ids} | sort | uniq -d`), "");
    // The launcher's exit code: 128 + SIGSEGV. While it runs it is 0, and of one run systemd may not learn it.
    await until(host, property("left4me-server@crashes", "ExecMainStatus", "139"));
    await stop(host, "crashes");
    await untilNothingIsLeft(host, "crashes");
  });

  it("does not run again what has quit; a marker that came with a layer keeps nothing from running", async () => {
    await makeInstance(host, "quits", "quit");
    await start(host, "quits");
    await until(host, property("left4me-server@quits", "ActiveState", "inactive"));
    await untilNothingIsLeft(host, "quits");
    const upper = "/var/lib/left4me/runtime/quits/upper";
    const marker = "/var/lib/left4me/layers/base/.left4me-quit";
    await sh(host, `[[ -e ${upper}/.left4me-quit ]]; install -m 664 -o left4me -g left4me-game /dev/null ${marker}`);
    await makeInstance(host, "quits");
    await start(host, "quits");
    await until(host, said("quits", "hostname quits generation 2"));
    assert.equal(await sh(host, `[[ ! -e ${upper}/.left4me-quit ]]; systemctl is-active left4me-server@quits`), "active\n");
    await stop(host, "quits");
    await sh(host, `rm ${marker}`);
    await untilNothingIsLeft(host, "quits");
  });

  it("ends a crash loop in failed, unmounted; after reset-failed it starts again", async () => {
    await makeInstance(host, "loops", "exit-3");
    await shorten("loops", "RestartSec=50ms\\nRestartSteps=0");
    let end: Readonly<Record<string, string>> = {};
    // Of one run systemd may not learn how it ended (systemd/README.md): where that was the last one, it loops once more.
    for (let loops = 0; loops < 10 && end["Result"] !== "exit-code"; loops += 1) {
      await exec(host, ["systemctl", "reset-failed", "left4me-server@loops"]);
      await start(host, "loops");
      await until(host, property("left4me-server@loops", "ActiveState", "failed"));
      end = await show(host, "left4me-server@loops", "Result", "NRestarts");
      assert.equal(end["NRestarts"], "5");
    }
    // systemd keeps the result of the last run; `failed` although failures are restarted is the start limit.
    assert.equal(end["Result"], "exit-code");
    await untilNothingIsLeft(host, "loops");
    await makeInstance(host, "loops");
    await exec(host, ["systemctl", "reset-failed", "left4me-server@loops"]);
    await start(host, "loops");
    await stop(host, "loops");
  });

  it("kills a game that is deaf to SIGINT", async () => {
    await makeInstance(host, "deaf", "deaf");
    await shorten("deaf", "TimeoutStopSec=1");
    await start(host, "deaf");
    await until(host, said("deaf", "hostname"));
    await stop(host, "deaf");
    assert.equal((await show(host, "left4me-server@deaf", "Result"))["Result"], "timeout");
    await untilNothingIsLeft(host, "deaf");
  });

  it("resets a running instance in one call, deletes in the background, and is idempotent", async () => {
    await start(host, "plain");
    assert.equal(
      await sh(
        host,
        `systemctl start left4me-reset@plain
         systemctl is-active left4me-server@plain left4me-overlay@plain || true
         grep -c runtime/plain /proc/self/mountinfo || true
         [[ ! -e /var/lib/left4me/runtime/plain ]]
         systemctl start left4me-reset@plain`,
      ),
      "inactive\ninactive\n0\n",
    );
    await until(host, `[[ -z $(ls -A /var/lib/left4me/runtime/.trash) ]]`);
    await start(host, "plain");
    await stop(host, "plain");
  });

  it("is started at boot by left4me, when its desired state is RUNNING", async () => {
    await sh(
      host,
      `cd /var/lib/left4me/instances
       printf '{\\n  "name": "plain",\\n  "desiredState": "RUNNING",\\n  "generation": 1\\n}\\n' >plain/record.json
       printf '{\\n  "labels": {\\n    "desiredState": "RUNNING"\\n  },\\n  "desiredState": "STOPPED"\\n}\\n' >ends/record.json
       chown left4me: */record.json; systemctl start left4me-boot.service`,
    );
    await until(host, "systemctl is-active -q left4me-server@plain");
    assert.equal((await exec(host, ["systemctl", "is-active", "left4me-server@ends"])).stdout, "inactive\n");
    await stop(host, "plain");
  });

  it("outlives restart and SIGKILL of the daemon, and daemon-reload; so does the socket", async () => {
    await start(host, "plain");
    const before = await show(host, "left4me-server@plain", "MainPID", "InvocationID");
    await sh(
      host,
      "systemctl start left4me-hostd; systemctl restart left4me-hostd; systemctl daemon-reload; systemctl kill -s KILL left4me-hostd; test -S /run/left4me/operator.sock",
    );
    assert.deepEqual(await show(host, "left4me-server@plain", "MainPID", "InvocationID"), before);
    await stop(host, "plain");
  });
});

/** The delays of the shipped unit would make a test minutes long. */
async function shorten(name: string, lines: string): Promise<void> {
  const place = `/run/systemd/system/left4me-server@${name}.service.d`;
  await sh(host, `mkdir -p ${place} && printf '[Service]\\n${lines}\\n' >${place}/short.conf && systemctl daemon-reload`);
}
