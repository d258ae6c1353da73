import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { down, exec, sh } from "./host.ts";
import { makeInstance, prepareHost } from "./prepared-host.ts";
import { untilNothingIsLeft } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "transports";
const busCall = "busctl --system --timeout=60 call org.freedesktop.systemd1";
const path = "/org/freedesktop/systemd1";
const manager = `${busCall} ${path} org.freedesktop.systemd1.Manager`;
const transient = (name: string) =>
  `${manager} StartTransientUnit 'ssa(sv)a(sa(sv))' ${name} replace 1 ExecStart 'a(sasb)' 1 /usr/bin/touch 2 touch /root/pwned false 0`;

/** Runs scripts as left4me, each in a shell of its own; returns what each ended with. */
async function asDaemon(scripts: readonly string[]): Promise<number[]> {
  const text = await sh(
    host,
    scripts.map((script) => `runuser -u left4me -- bash -c ${quote(script)} >/dev/null 2>&1 && echo 0 || echo $?`).join("\n"),
  );
  return text.trim().split("\n").map(Number);
}

/** Runs D-Bus calls as left4me; returns the calls that were not refused for want of a right. */
async function notDenied(calls: readonly string[], denial = /Access denied|[Ii]nteractive authentication required/): Promise<string[]> {
  const text = await sh(host, calls.map((call) => `echo "$(runuser -u left4me -- bash -c ${quote(call)} 2>&1 | tr '\\n' ' ')"`).join("\n"));
  const answers = text.split("\n");
  return calls.flatMap((call, index) => (denial.test(answers[index] ?? "") ? [] : [`${call}: ${answers[index]}`]));
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

describe("what left4me may ask of systemd", { skip: whyNoHosts() ?? false }, () => {
  before(async () => {
    await prepareHost(host);
    await makeInstance(host, "alpha");
  });
  after(() => down(host));

  it("polkit grants start, stop and reset-failed of our templates", async () => {
    const verbs = [
      `${manager} StartUnit ss left4me-server@alpha.service replace`,
      `${manager} StopUnit ss left4me-server@alpha.service replace`,
      `${manager} StartUnit ss left4me-reset@alpha.service replace`,
      `${manager} StopUnit ss left4me-overlay@alpha.service replace`,
      "systemctl --no-ask-password start left4me-server@alpha",
      `${manager} ResetFailedUnit s left4me-server@alpha.service`,
      "systemctl --no-ask-password stop left4me-server@alpha left4me-overlay@alpha",
      `${manager} StartUnit ss left4me-stage.service replace`,
      `${manager} StartUnit ss left4me-discard.service replace`,
      `${manager} StopUnit ss left4me-install.service replace`,
      // By its path: PID 1 loads it then; by its name it must have been loaded.
      `${busCall} ${path}/unit/left4me_2dhand_2dover_2eservice org.freedesktop.systemd1.Unit ResetFailed`,
    ];
    assert.deepEqual(
      await asDaemon(verbs),
      verbs.map(() => 0),
    );
    await untilNothingIsLeft(host, "alpha");
  });

  it("polkit refuses every other unit, verb, transient unit and property", async () => {
    await sh(host, "systemctl start left4me-server@alpha");
    const units = [
      ...[
        "dbus.service",
        "left4me-hostd.service",
        "left4me-boot.service",
        "left4me-trash.service",
        "left4me.slice",
        "reboot.target",
        "systemd-journald@left4me.service",
      ],
      ...[
        "left4me-server@A.service",
        "left4me-server@a.b.service",
        "left4me-server@-a.service",
        "xleft4me-server@a.service",
        "left4me-stage@a.service",
        "left4me-install.timer",
        "left4me-install-x.service",
        "xleft4me-discard.service",
        `left4me-server@${"a".repeat(65)}.service`,
        "left4me-server@alpha.timer",
      ],
    ];
    const denied = [
      ...units.flatMap((unit) => ["StartUnit", "StopUnit"].map((verb) => `${manager} ${verb} ss ${unit} replace`)),
      ...["RestartUnit", "TryRestartUnit", "ReloadUnit", "ReloadOrRestartUnit"].map(
        (verb) => `${manager} ${verb} ss left4me-server@alpha.service replace`,
      ),
      `${manager} EnqueueUnitJob sss left4me-server@alpha.service restart replace`,
      `${manager} KillUnit ssi left4me-server@alpha.service all 9`,
      `${manager} QueueSignalUnit ssii left4me-server@alpha.service all 34 1`,
      `${manager} FreezeUnit s left4me-server@alpha.service`,
      `${manager} CleanUnit sas left4me-server@alpha.service 1 all`,
      `${manager} SetUnitProperties 'sba(sv)' left4me-server@alpha.service true 1 MemoryMax t 1`,
      `${manager} BindMountUnit sssbb left4me-server@alpha.service /root /game false false`,
      `${manager} ResetFailedUnit s dbus.service`,
      `${manager} ResetFailed`,
      ...["evil.service", "left4me-stage@new.service"].map(transient),
      ...[
        "daemon-reload",
        "daemon-reexec",
        "set-environment LD_PRELOAD=/tmp/x",
        "enable left4me-boot.service",
        "mask left4me-boot.service",
        "reboot",
      ].map((verb) => `systemctl --no-ask-password ${verb}`),
      "systemd-run --no-ask-password true",
    ];
    assert.deepEqual(await notDenied(denied), []);
    // polkit would say yes to these; PID 1 refuses them.
    const ours = [
      ...[
        "left4me-server@alpha",
        "left4me-server@new",
        "left4me-reset@new",
        "left4me-overlay@new",
        "left4me-restore@new",
        "left4me-drop@new",
        "left4me-list@new",
      ],
      ...["left4me-stage", "left4me-install", "left4me-hand-over", "left4me-discard"],
    ].map((unit) => transient(`${unit}.service`));
    assert.deepEqual(await notDenied(ours, /already loaded or has a fragment file/), []);
    assert.deepEqual(
      await notDenied([`${manager} StartUnit ss left4me-server@alpha.service isolate`], /may not be isolated|[Ii]solate/),
      [],
    );
    assert.equal(await sh(host, "[[ ! -e /root/pwned ]]; systemctl is-active left4me-server@alpha dbus"), "active\nactive\n");
    await sh(host, "systemctl stop left4me-server@alpha left4me-overlay@alpha");
  });

  it("polkit gives nobody else anything", async () => {
    for (const user of ["left4me-game", "left4me-steam", "nobody"]) {
      const { code } = await exec(host, ["runuser", "-u", user, "--", "systemctl", "--no-ask-password", "start", "left4me-server@alpha"]);
      assert.notEqual(code, 0, user);
    }
  });

  it("the operator's socket is for its group", async () => {
    assert.equal(
      await sh(host, "stat -c '%a %U %G' /run/left4me/operator.sock; systemctl show -P FileDescriptorName left4me-hostd.socket"),
      "660 root left4me-operator\noperator\n",
    );
  });

  it("left4me cannot rename what belongs to root below its directory", async () => {
    assert.deepEqual(
      await asDaemon([
        "mv /var/lib/left4me/runtime /var/lib/left4me/x",
        "rmdir /var/lib/left4me/runtime/.trash",
        "touch /var/lib/left4me/runtime/x",
        "touch /var/lib/left4me/x",
      ]),
      [1, 1, 1, 0],
    );
  });

  describe("by sudo", () => {
    const sudo = "sudo -n /usr/libexec/left4me";

    it("starts, stops, resets and reads the journal", async () => {
      const granted = [
        `${sudo}/left4me-systemctl start alpha`,
        `${sudo}/left4me-systemctl stop alpha`,
        `${sudo}/left4me-systemctl reset-failed alpha`,
        `${sudo}/left4me-systemctl reset alpha`,
        `${sudo}/left4me-systemctl clear-mount alpha`,
        `${sudo}/left4me-systemctl list alpha`,
        ...["restore", "drop"].map(
          (verb) => `${sudo}/left4me-systemctl ${verb} alpha 2>&1 | grep -q 'left4me-${verb}@alpha.service failed'`,
        ),
        `${sudo}/left4me-systemctl install-cancel`,
        `${sudo}/left4me-systemctl install-discard`,
        `${sudo}/left4me-systemctl install-reset-failed`,
        `${sudo}/left4me-journalctl read alpha 10 | grep -aq MESSAGE=`,
        `id=$(journalctl --namespace=left4me -n 1 -o json _SYSTEMD_UNIT=left4me-server@alpha.service | sed -n 's/.*"_SYSTEMD_INVOCATION_ID":"\\([^"]*\\)".*/\\1/p'); ${sudo}/left4me-journalctl read alpha 1 "$id" | grep -aq MESSAGE=`,
        `cursor=$(journalctl --namespace=left4me -n 5 -o json | sed -n '1s/.*"__CURSOR":"\\([^"]*\\)".*/\\1/p'); ${sudo}/left4me-journalctl after alpha "$cursor" | grep -aq MESSAGE=`,
        `timeout 3 ${sudo}/left4me-journalctl follow; [ $? = 124 ]`,
      ];
      assert.deepEqual(
        await asDaemon(granted),
        granted.map(() => 0),
      );
      await untilNothingIsLeft(host, "alpha");
    });

    it("refuses everything else", async () => {
      const refused = [
        `${sudo}/left4me-overlay mount alpha`,
        `${sudo}/left4me-systemctl restart alpha`,
        `${sudo}/left4me-systemctl start alpha.service`,
        `${sudo}/left4me-systemctl clear-mount ../x`,
        `${sudo}/left4me-systemctl clear-mount alpha --force`,
        `${sudo}/left4me-systemctl start ../x`,
        `${sudo}/left4me-systemctl start alpha dbus`,
        `${sudo}/left4me-systemctl start "alpha dbus"`,
        `${sudo}/left4me-systemctl start --force alpha`,
        `${sudo}/left4me-systemctl install-start alpha`,
        `${sudo}/left4me-systemctl install-discard --force`,
        `${sudo}/left4me-systemctl install-stop`,
        `${sudo}/left4me-systemctl start`,
        `${sudo}/left4me-systemctl start 'alpha\ndbus'`,
        `${sudo}/left4me-journalctl follow --file=/etc/shadow`,
        `${sudo}/left4me-journalctl read alpha 10 --namespace=x`,
        `${sudo}/left4me-journalctl read alpha 1 ${"a".repeat(31)}`,
        `${sudo}/left4me-journalctl read alpha -1`,
        `${sudo}/left4me-journalctl after alpha s=1`,
        "sudo -n systemctl start left4me-server@alpha",
        "sudo -n true",
      ];
      const codes = await asDaemon(refused);
      assert.deepEqual(
        refused.filter((_, index) => codes[index] === 0),
        [],
      );
    });

    it("works from the daemon's sandbox with the drop-in, and not without it", async () => {
      const place = "/etc/systemd/system/left4me-hostd.service.d";
      const call = `printf '#!/bin/sh\\nsystemd-notify --ready\\n${sudo}/left4me-systemctl reset-failed alpha >/var/lib/left4me/tmp/out 2>&1\\necho "ended $?" >>/var/lib/left4me/tmp/out\\nexec sleep infinity\\n' >/usr/bin/left4me-hostd`;
      const result =
        "for ((i = 0; i < 1200; i++)); do grep -s ended /var/lib/left4me/tmp/out && break; sleep 0.1; done; rm /var/lib/left4me/tmp/out; systemctl stop left4me-hostd.service";
      assert.equal(await sh(host, `${call}; systemctl start left4me-hostd; ${result}`), "ended 1\n");
      await sh(host, `mkdir -p ${place}; cp /usr/share/left4me-host/sudo-transport.conf ${place}; systemctl daemon-reload`);
      assert.equal(await sh(host, `systemctl start left4me-hostd; ${result}`), "ended 0\n");
    });
  });
});
