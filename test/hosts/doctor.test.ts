import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { exec, sh } from "./host.ts";
import { type DaemonHost, inGuest, prepareDaemon } from "./prepared-daemon.ts";
import { inHost } from "./prepared-host.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

type Finding = { readonly check: string; readonly severity: string; readonly message: string; readonly cure: string };

/** A host whose doctor is asked; cures are run as they stand, by root. */
class Patient {
  readonly name: string;
  readonly daemon: DaemonHost;

  private constructor(name: string, daemon: DaemonHost) {
    this.name = name;
    this.daemon = daemon;
  }

  static async admit(name: string, transport: "dbus" | "sudo"): Promise<Patient> {
    const daemon = await prepareDaemon(name, transport);
    await sh(
      name,
      `printf '#!/bin/sh\\nexec ${inHost.node} ${inGuest.daemon}/l4d2ctl.js "$@"\\n' >/usr/bin/l4d2ctl; chmod 755 /usr/bin/l4d2ctl
       cp -r ${inGuest.repository}/standin/tree /tmp/build; mkdir -p /tmp/build/bin /tmp/build/.steam/sdk32 /tmp/build/.steam/sdk64
       cp ${inHost.node} /tmp/build/bin/node; touch /tmp/build/.steam/sdk32/steamclient.so /tmp/build/.steam/sdk64/steamclient.so`,
    );
    return new Patient(name, daemon);
  }

  run(script: string): Promise<string> {
    return sh(this.name, script);
  }

  async examine(): Promise<{ code: number; findings: readonly Finding[] }> {
    const { code, stdout, stderr } = await this.daemon.ctl("doctor", "--json");
    assert.match(stdout, /^\[/, stderr);
    return { code, findings: JSON.parse(stdout) as Finding[] };
  }

  /** The names of checks that found something, each once. */
  async complaints(): Promise<string[]> {
    const { findings } = await this.examine();
    return [...new Set(findings.filter(({ severity }) => severity !== "SEVERITY_OK").map(({ check }) => check))].sort();
  }

  /** Waits until a check has found something of a severity, and returns it. The exit code says whether anything is that grave. */
  async finds(check: string, severity: "ERROR" | "WARNING", message: RegExp): Promise<Finding> {
    for (let tries = 0; ; tries++) {
      const { code, findings } = await this.examine();
      const found = findings.find((finding) => finding.check === check && message.test(finding.message));
      if (found === undefined && tries < 300) {
        await sleep(300);
        continue;
      }
      assert.ok(found, `${check}: ${JSON.stringify(findings.filter(({ severity: grade }) => grade !== "SEVERITY_OK"))}`);
      assert.equal(found.severity, `SEVERITY_${severity}`, found.message);
      if (severity === "ERROR") assert.equal(code, 1);
      return found;
    }
  }

  /** Waits until a check has nothing to say any more. */
  async findsNothing(check: string): Promise<void> {
    let left: readonly Finding[] = [];
    for (let tries = 0; tries < 300; tries++) {
      const { findings } = await this.examine();
      left = findings.filter((finding) => finding.check === check && finding.severity !== "SEVERITY_OK");
      if (left.length === 0) return;
      await sleep(300);
    }
    assert.fail(`${check} still says: ${left.map(({ message }) => message).join("; ")}`);
  }

  /** Breaks something, sees it found, runs the cure that is told, and sees it gone. @param message what must be found */
  async fallsIll(script: string, check: string, severity: "ERROR" | "WARNING", message: RegExp): Promise<void> {
    await this.run(script);
    const { cure } = await this.finds(check, severity, message);
    await this.run(cure);
    await this.findsNothing(check);
  }
}

/** What install.sh leaves to an administrator, and an empty host has not got yet. */
const atFirst = ["build-active", "unit-disabled"];

describe("doctor on a systemd host, by dbus", { skip: whyNoHosts() ?? false }, () => {
  let host: Patient;
  before(async () => {
    host = await Patient.admit("doctor", "dbus");
  });
  after(() => host?.daemon.end());

  it("finds nothing worse than a warning on a fresh host, and whose cures work", async () => {
    const { code, findings } = await host.examine();
    assert.equal(code, 0);
    assert.deepEqual(await host.complaints(), atFirst);
    const looked = new Set(findings.map(({ check }) => check));
    for (const check of ["namespaces", "overlayfs", "root-file-system", "mapped-ids"]) assert.ok(looked.has(check), check);
    for (const { cure } of findings.filter(({ check }) => check === "unit-disabled")) await host.run(cure);
    await host.run("l4d2ctl install --import /tmp/build");
    assert.deepEqual(await host.complaints(), []);
    const { stdout } = await host.daemon.ctl("doctor");
    assert.match(stdout, /^0 errors, 0 warnings, \d\d in order \(shown with --all\)\n$/);
  });

  it("polkit's rule is gone", async () => {
    const rules = "/usr/share/polkit-1/rules.d/50-left4me.rules";
    await host.run(`mv ${rules} /root/; systemctl restart polkit.service`);
    const { cure } = await host.finds("polkit", "ERROR", /does not let the daemon start and stop games/);
    assert.match(cure, /50-left4me\.rules is missing: .*--reinstall left4me-host/);
    await host.run(`mv /root/50-left4me.rules ${rules}; systemctl restart polkit.service`);
    await host.findsNothing("polkit");
  });

  it("a daemon that cannot open says why, and opens when it is cured", async () => {
    await host.run("systemctl mask left4me-list@.service; systemctl restart --no-block left4me-hostd.service");
    const { cure } = await host.finds("daemon", "ERROR", /cannot open \(DRIVER_UNAVAILABLE\): .* systemd says of left4me-list@.*: masked$/);
    assert.match(cure, /systemctl status left4me-list@/);
    await host.run("systemctl unmask left4me-list@.service; systemctl restart left4me-hostd.service");
    assert.deepEqual(await host.complaints(), []);
  });

  it("a helper that others may write to, and one that is gone", async () => {
    const helper = "/usr/libexec/left4me/left4me-overlay";
    await host.fallsIll(`chmod 0777 ${helper}`, "helpers", "ERROR", /left4me-overlay .* mode 0777/);
    await host.run(`mv ${helper} /root/`);
    await host.finds("helpers", "ERROR", /left4me-overlay is missing/);
    await host.run(`mv /root/left4me-overlay ${helper}`);
    await host.findsNothing("helpers");
  });

  it("a masked unit, an overridden one, a drop-in, a file that was not read again", async () => {
    const [vendor, own] = ["/usr/lib/systemd/system/left4me-server@.service", "/etc/systemd/system"];
    await host.fallsIll("systemctl mask left4me-reset@.service", "unit-masked", "ERROR", /left4me-reset@\.service is masked/);
    await host.fallsIll(`cp ${vendor} ${own}/; systemctl daemon-reload`, "unit-overridden", "WARNING", /not the package's, but \/etc\//);
    await host.run(
      `mkdir ${own}/left4me-install.service.d; printf '[Service]\\nNice=5\\n' >${own}/left4me-install.service.d/nice.conf; systemctl daemon-reload`,
    );
    const { cure } = await host.finds("unit-overridden", "WARNING", /left4me-install\.service is changed by .*nice\.conf/);
    await host.run(cure.replace(/^.*to undo it: /, ""));
    await host.findsNothing("unit-overridden");
    await host.fallsIll(
      "sleep 1; touch /usr/lib/systemd/system/left4me-hostd.service",
      "unit-reload",
      "WARNING",
      /left4me-hostd\.service was changed/,
    );
  });

  it("directories with other modes, and logs that cannot be read", async () => {
    await host.fallsIll("chmod 0777 /var/lib/left4me/runtime", "directories", "ERROR", /runtime is 0777 root:root, in the place of 0755/);
    await host.fallsIll("chmod 0700 /var/log/journal/*.left4me", "journal-readable", "ERROR", /cannot read the logs of games/);
    await host.fallsIll("systemctl mask --now systemd-journald@left4me.service", "journal", "ERROR", /is masked: games have no log/);
  });

  it("the 32-bit loader is gone", async () => {
    await host.run("mv /lib32/ld-linux.so.2 /root/");
    const { cure } = await host.finds("libraries-32-bit", "WARNING", /32-bit ld-linux\.so\.2 is missing/);
    assert.equal(cure, "sudo apt-get install --reinstall libc6-i386");
    await host.run("mv /root/ld-linux.so.2 /lib32/");
    await host.findsNothing("libraries-32-bit");
  });

  it("a disk that is full, first of bytes, then of files", async () => {
    await host.run("fallocate -l $(($(df --output=avail -B1 /var/lib/left4me | tail -1) - 100000000)) /var/lib/left4me/filler");
    await host.finds("disk-space", "ERROR", /MiB free at \/var\/lib\/left4me/);
    await host.run("rm /var/lib/left4me/filler");
    await host.findsNothing("disk-space");
    // Another file system below the root: half a million files would take minutes.
    await host.run("mount -t tmpfs -o nr_inodes=500,mode=0700,uid=left4me,gid=left4me tmpfs /var/lib/left4me/tmp");
    await host.finds("disk-inodes", "ERROR", /room for \d+ more files at \/var\/lib\/left4me\/tmp/);
    await host.run("umount /var/lib/left4me/tmp");
    await host.findsNothing("disk-inodes");
  });

  it("a port that is taken, and one that two have", async () => {
    await host.run("echo 'port: 27710' >/tmp/spec.yaml; l4d2ctl initialize one -f /tmp/spec.yaml");
    await host.run(`nohup ${inHost.node} -e 'require("dgram").createSocket("udp4").bind(27710)' >/dev/null 2>&1 & echo $! >/tmp/thief`);
    const { cure } = await host.finds("port-taken", "WARNING", /port 27710 of one, which does not run, is held by/);
    assert.match(cure, /sudo ss -lunp 'sport = :27710'/);
    await host.run("kill $(cat /tmp/thief)");
    await host.findsNothing("port-taken");
    await host.run("l4d2ctl initialize two -f /tmp/spec.yaml");
    await host.finds("port-shared", "WARNING", /one, two have the same port, 27710/);
    await host.run("l4d2ctl delete two");
    await host.findsNothing("port-shared");
  });

  it("a build whose layer is gone", async () => {
    await host.run("mv /var/lib/left4me/layers/b* /root/");
    await host.finds("build-damaged", "ERROR", /its layer .* is missing/);
    await host.run("mv /root/b* /var/lib/left4me/layers/");
    await host.findsNothing("build-damaged");
  });

  it("an overlay by hand that the game cannot read", async () => {
    const script =
      "mkdir -p /var/lib/left4me/overlays/mine/left4dead2; echo x >/var/lib/left4me/overlays/mine/left4dead2/a.cfg; chown -R left4me: /var/lib/left4me/overlays/mine; chmod 0600 /var/lib/left4me/overlays/mine/left4dead2/a.cfg";
    await host.fallsIll(script, "overlay-modes", "WARNING", /left4dead2.* of the overlay "mine"/);
  });

  it("a Steam account that others may read", async () => {
    await host.fallsIll("install -m 644 /dev/null /etc/left4me/steam-account", "steam-account", "ERROR", /mode 0644/);
  });

  it("leftovers of the older layout", async () => {
    await host.run(
      `mkdir -p /usr/local/lib/systemd/system /usr/local/libexec/left4me /etc/systemd/system/multi-user.target.wants
       cp /usr/lib/systemd/system/left4me-server@.service /usr/local/lib/systemd/system/
       echo >/usr/local/libexec/left4me/left4me-systemctl
       ln -s /usr/local/lib/systemd/system/left4me-server@.service /etc/systemd/system/multi-user.target.wants/left4me-server@old.service
       install -d -o left4me -g left4me /var/lib/left4me/runtime/old /var/lib/left4me/runtime/old/upper
       rm -f /var/lib/left4me/installation; cp -r /tmp/build /var/lib/left4me/installation
       systemctl daemon-reload`,
    );
    const found = ["older-helpers", "older-installation", "older-links", "older-units", "older-uppers", "unit-overridden"];
    assert.deepEqual(await host.complaints(), found);
    for (const check of found.slice(0, -1)) {
      const { cure } = await host.finds(check, "WARNING", /./);
      await host.run(cure);
      await host.findsNothing(check);
    }
    assert.deepEqual(await host.complaints(), [], "PID 1 has the package's units again");
  });

  it("tells from outside whom the socket is for, and that nothing runs", async () => {
    const asNobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "l4d2ctl", "doctor"];
    const denied = await exec(host.name, asNobody);
    assert.equal(denied.code, 1, denied.stderr);
    assert.match(
      denied.stdout,
      /^ERROR {4}socket-permission: nobody may not open .*, which is for the group left4me-operator\n {9}cure: sudo usermod -aG left4me-operator nobody/,
    );
    assert.match(denied.stdout, /1 error, 0 warnings, 2 in order/, "both units are active");
    await host.run("systemctl stop left4me-hostd.socket left4me-hostd.service");
    const away = await host.examine();
    assert.equal(away.code, 1);
    assert.deepEqual(
      away.findings.map(({ check, severity }) => [check, severity]),
      [
        ["daemon", "SEVERITY_ERROR"],
        ["daemon-unit", "SEVERITY_ERROR"],
        ["daemon-unit", "SEVERITY_ERROR"],
      ],
    );
    for (const { cure } of away.findings.filter(({ check }) => check === "daemon-unit")) await host.run(cure);
    assert.deepEqual(await host.complaints(), []);
  });
});

describe("doctor on a systemd host, by sudo", { skip: whyNoHosts() ?? false }, () => {
  let host: Patient;
  before(async () => {
    host = await Patient.admit("doctor-sudo", "sudo");
  });
  after(() => host?.daemon.end());

  it("asks sudo, and tells what it says", async () => {
    assert.deepEqual(await host.complaints(), atFirst);
    await host.run("mv /etc/sudoers.d/left4me /root/");
    const { cure } = await host.finds("sudo", "ERROR", /sudo does not let the daemon start and stop games: .*password/s);
    assert.match(cure, /\/etc\/sudoers\.d\/left4me/);
    await host.run("mv /root/left4me /etc/sudoers.d/");
    await host.findsNothing("sudo");
  });
});
