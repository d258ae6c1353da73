import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { down, exec, sh, stop, up } from "./host.ts";
import { inHost } from "./prepared-host.ts";
import { noMounts, until } from "./unit-state.ts";
import { onPath, whyNoHosts } from "./why-no-hosts.ts";

const host = "package";
const repository = join(import.meta.dirname, "../..");
const packages = mkdtempSync(join(tmpdir(), "left4me-packages-"));
const inGuest = { packages: "/opt/left4me/packages", standin: "/opt/left4me/standin" };
const apt = "DEBIAN_FRONTEND=noninteractive apt-get -qq --yes";
const noDpkg = onPath("dpkg-deb") ? undefined : "test hosts need dpkg-deb (Debian: dpkg)";

let built = "";
before(() => {
  if (noDpkg === undefined) built = buildPackage("first");
});
after(() => rmSync(packages, { recursive: true, force: true }));

/** Builds into a directory of its own. Returns the path of the package. */
function buildPackage(directory: string, umask = "022", env: Record<string, string> = {}): string {
  const build = `umask ${umask}; exec "$0" scripts/build-deb.ts --fast --out "$1"`;
  // A commit between two builds is no difference of theirs.
  const options = { cwd: repository, env: { ...process.env, SOURCE_DATE_EPOCH: "1767225600", ...env }, encoding: "utf8" } as const;
  return execFileSync("sh", ["-c", build, process.execPath, join(packages, directory)], options).trim();
}

describe("the package", { skip: noDpkg ?? false }, () => {
  it("is the same file whoever builds it", () => {
    const again = buildPackage("second", "077", { TZ: "Asia/Tokyo", LC_ALL: "C", COLUMNS: "40", HOME: packages });
    assert.ok(readFileSync(built).equals(readFileSync(again)));
  });

  it("has no error and no warning of lintian", { skip: onPath("lintian") ? false : "needs lintian (apt-get install lintian)" }, () => {
    const { status, stdout } = spawnSync("lintian", ["--fail-on", "error,warning", built], { encoding: "utf8" });
    assert.deepEqual([status, stdout], [0, ""]);
  });

  it("says for which machine it cannot be made, and why", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/build-deb.ts", "--arch", "riscv64"], {
      cwd: repository,
      encoding: "utf8",
    });
    assert.deepEqual(
      [status, stderr],
      [1, "npm run deb: there is no Node.js for the architecture riscv64; there is one for amd64 and arm64\n"],
    );
  });
});

describe("the package on a host", { skip: noDpkg ?? whyNoHosts() ?? false }, () => {
  before(async () => {
    newerPackage(built);
    await down(host);
    await up(host, [
      { source: packages, target: inGuest.packages },
      { source: join(repository, "standin/tree"), target: inGuest.standin },
      { source: dirname(process.execPath), target: dirname(inHost.node) },
    ]);
  });
  after(() => down(host));

  it("installs, and an operator uses it at once; nobody else does", async () => {
    const said = await sh(host, `${apt} install ${inGuest.packages}/first/*.deb`);
    assert.match(said, /members of the group left4me-operator may use it: usermod/);
    await sh(host, "useradd -m -G left4me-operator alice && useradd -m bob");
    const { driver, version } = JSON.parse(await asUser("alice", "l4d2ctl host --json")) as { driver: string; version: string };
    assert.deepEqual([driver, version], ["systemd", (await asUser("alice", "l4d2ctl --version")).trim()]);
    const { code, stderr } = await exec(host, ["runuser", "-l", "bob", "-c", "l4d2ctl host"]);
    assert.deepEqual([code, /permission denied/.test(stderr)], [6, true], stderr);
    assert.equal(
      await sh(host, "systemctl is-enabled left4me-hostd.socket left4me-hostd.service left4me-boot.service"),
      "enabled\n".repeat(3),
    );
  });

  it("is in order, says its doctor; to whom may not ask it says why", async () => {
    const findings = JSON.parse(await asUser("alice", "l4d2ctl doctor --json")) as { check: string; severity: string; message: string }[];
    const complaints = findings.filter(({ severity }) => severity !== "SEVERITY_OK");
    // Whether the host has the recommended libraries is no matter of the package.
    const ofPackage = complaints.filter(({ check }) => check !== "libraries-32-bit").map(({ check }) => check);
    assert.deepEqual(ofPackage, ["build-active", "steamcmd"], JSON.stringify(complaints));
    assert.match(findings.find(({ check }) => check === "package-files")?.message ?? "", /^\d\d files are as the package has them$/);
    const { code, stdout } = await exec(host, ["runuser", "-l", "bob", "-c", "l4d2ctl doctor"]);
    assert.equal(code, 1);
    assert.match(stdout, /cure: sudo usermod -aG left4me-operator bob;/);
  });

  it("starts the daemon for the first caller, when it does not run", async () => {
    await sh(host, "systemctl stop left4me-hostd.service && systemctl is-active left4me-hostd.socket");
    await asUser("alice", "l4d2ctl list");
    assert.equal(await sh(host, "systemctl is-active left4me-hostd.service"), "active\n");
  });

  it("puts everything in order: files, sudoers, units, completions, manual", async () => {
    assert.equal(await sh(host, "dpkg -V left4me-host"), "");
    await sh(host, "visudo -cf /etc/sudoers.d/left4me; [[ $(stat -c '%a %U' /etc/sudoers.d/left4me) == '440 root' ]]");
    await sh(host, "bash -n /usr/share/bash-completion/completions/l4d2ctl");
    await sh(
      host,
      `cd /usr/share/man; zcat man1/l4d2ctl.1.gz | grep -q '^.SS initialize'; zcat man8/left4me-hostd.8.gz | grep -q '^.SH FILES'
       zcat man5/left4me-host.yaml.5.gz | grep -q 'overlays\\[\\]'`,
    );
    assert.equal(await sh(host, "systemctl --failed --no-legend --plain"), "");
  });

  it("runs the example", async () => {
    // The stand-in for the game finds this Node.js in the package.
    await sh(
      host,
      `cp -a ${inGuest.standin} /home/alice/game; mkdir /home/alice/game/bin
       printf '#!/bin/sh\\nexec /usr/lib/left4me-host/node "$@"\\n' >/home/alice/game/bin/node
       chmod 755 /home/alice/game/bin/node; chown -R alice: /home/alice/game`,
    );
    await asUser(
      "alice",
      `set -e
       l4d2ctl install --import game
       l4d2ctl initialize versus -f /usr/share/doc/left4me-host/examples/instance.yaml
       l4d2ctl start versus`,
    );
    assert.equal(await stateOf("versus"), "RUNNING");
  });

  it("has daemon and game back after a reboot", async () => {
    await stop(host);
    await up(host);
    await until(host, "systemctl is-active -q left4me-server@versus");
    assert.equal(await stateOf("versus"), "RUNNING");
  });

  it("is upgraded without touching the game and without refusing a caller", async () => {
    const before = await gameProcess();
    const said = await sh(
      host,
      `${inHost.node} -e '${callAgainAndAgain}' >/run/calls & calls=$!
       ${apt} install ${inGuest.packages}/newer.deb
       sleep 1; kill $calls; wait $calls || true; cat /run/calls`,
    );
    const [, answered, failed] = /answered (\d+) failed (.*)/.exec(said) ?? [];
    assert.deepEqual([Number(answered) > 5, failed], [true, "{}"], said);
    assert.equal(await gameProcess(), before);
    assert.equal(await sh(host, "dpkg-query -W left4me-host"), `left4me-host\t${newerVersion}\n`);
    assert.equal(await stateOf("versus"), "RUNNING");
  });

  it("is reinstalled likewise; what an administrator has disabled or edited stays so", async () => {
    const before = await gameProcess();
    await sh(host, "systemctl disable -q left4me-boot; echo '# mine' >>/etc/sudoers.d/left4me");
    await sh(host, `${apt} install --reinstall ${inGuest.packages}/newer.deb`);
    assert.equal(await gameProcess(), before);
    assert.equal(await sh(host, "systemctl is-enabled left4me-boot || true; tail -1 /etc/sudoers.d/left4me"), "disabled\n# mine\n");
    await sh(host, "systemctl enable -q left4me-boot");
  });

  it("is not removed while somebody holds a mount: names him, and all goes on", async () => {
    await sh(host, "systemd-run -q --unit=holder --working-directory=/var/lib/left4me/runtime/versus/merged sleep infinity");
    const { code, stdout } = await exec(host, ["apt-get", "-qq", "--yes", "remove", "left4me-host"]);
    await sh(host, "systemctl stop holder");
    assert.notEqual(code, 0);
    assert.match(stdout, /versus is still mounted: .*held by pid \d+ \(sleep\)/);
    await until(host, "systemctl is-active -q left4me-hostd.service");
    assert.equal(await sh(host, "dpkg -s left4me-host | grep ^Status:"), "Status: install ok installed\n");
  });

  it("is removed with everything that runs, and keeps what was made", async () => {
    await asUser("alice", "l4d2ctl start versus");
    const said = await sh(host, `${apt} remove left4me-host`);
    assert.match(said, /stopping the game servers of this host \(1\)/);
    await sh(host, `${noMounts}; ! pgrep -u left4me && ! pgrep -u left4me-game && [[ ! -e /run/left4me ]]`);
    assert.equal(
      await sh(host, "systemctl list-units --no-legend --plain 'left4me*' 'systemd-journald*@left4me*'; systemctl --failed --no-legend"),
      "",
    );
    await sh(host, "[[ -e /var/lib/left4me/instances/versus/record.json && -e /etc/sudoers.d/left4me ]]");
  });

  it("installed again, it has its instances, and runs those that are to run", async () => {
    await sh(host, `${apt} install ${inGuest.packages}/newer.deb`);
    await until(host, "systemctl is-active -q left4me-server@versus");
    assert.equal(await stateOf("versus"), "RUNNING");
  });

  it("is purged without a trace but what it tells", async () => {
    const said = await sh(host, `${apt} purge left4me-host`);
    for (const kept of [
      /instances.*rm -r '\/var\/lib\/left4me'/,
      /rm -r '\/var\/log\/journal\/[0-9a-f]+\.left4me'/,
      /kept: the users left4me/,
    ])
      assert.match(said, kept);
    const found = "find / -xdev \\( -path /proc -o -path /opt -o -path /home -o -path /var/log \\) -prune -o -name '*left4me*' -print";
    assert.equal(await sh(host, `${found}; systemctl --failed --no-legend`), "/var/lib/left4me\n");
  });

  it("purged unused, it keeps no data", async () => {
    await sh(host, "rm -rf /var/lib/left4me/* /var/log/journal/*.left4me");
    const said = await sh(host, `${apt} install ${inGuest.packages}/newer.deb; ${apt} purge left4me-host; ls -A /var/lib/left4me`);
    assert.doesNotMatch(said, /rm -r '\/var\/lib/);
  });
});

async function asUser(user: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await exec(host, ["runuser", "-l", user, "-c", script]);
  if (code === 0) return stdout;
  throw new Error(`as ${user}, exit code ${code}: ${script}\n${stdout}${stderr}`);
}

async function stateOf(name: string): Promise<string | undefined> {
  const { status } = JSON.parse(await asUser("alice", `l4d2ctl status ${name} --json`)) as { status: { state: string } };
  return status.state.replace(/^INSTANCE_STATE_/, "");
}

async function gameProcess(): Promise<string> {
  return sh(host, "systemctl show -P MainPID -P InvocationID left4me-server@versus");
}

const newerVersion = "99.0-1";

/** The same package as a later version. */
function newerPackage(original: string): void {
  const tree = join(packages, "tree");
  execFileSync("dpkg-deb", ["-R", original, tree]);
  const control = join(tree, "DEBIAN/control");
  writeFileSync(control, readFileSync(control, "utf8").replace(/^Version: .*$/m, `Version: ${newerVersion}`));
  execFileSync("dpkg-deb", ["--root-owner-group", "-Znone", "--build", tree, join(packages, "newer.deb")], { stdio: "pipe" });
  rmSync(tree, { recursive: true });
}

/** Connects and asks for the list, again and again; at SIGTERM it prints what came of it. */
const callAgainAndAgain = `
const http = require("node:http");
let answered = 0; const failed = {};
const fail = (why) => { failed[why] = (failed[why] ?? 0) + 1; };
const call = () => {
  const request = http.request({ socketPath: "/run/left4me/operator.sock", method: "POST", agent: false,
    path: "/left4me.host.v1.InstanceService/ListInstances", headers: { "content-type": "application/json" } }, (response) => {
    response.resume().on("end", () => { if (response.statusCode === 200) answered += 1; else fail(response.statusCode); setTimeout(call, 20); });
  });
  request.on("error", (error) => { fail(error.code); setTimeout(call, 20); });
  request.end("{}");
};
process.on("SIGTERM", () => { console.log("answered", answered, "failed", JSON.stringify(failed)); process.exit(); });
call();
`.replaceAll("\n", " ");
