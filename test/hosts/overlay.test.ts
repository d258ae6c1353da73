import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { down, exec, sh } from "./host.ts";
import { makeInstance, prepareHost } from "./prepared-host.ts";
import { failure, property, show, start, stop, until, untilNothingIsLeft } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "overlay";
const runtime = "/var/lib/left4me/runtime";
const merged = `${runtime}/alpha/merged`;
const upper = `${runtime}/alpha/upper`;

/** A condition: the process that is to hold the mount has become what it is to be. */
const isSleepIn = (pid: string) => `[[ $(cat /proc/${pid}/comm; readlink /proc/${pid}/cwd) == $'sleep\\n${merged}' ]]`;

describe("left4me-overlay", { skip: whyNoHosts() ?? false }, () => {
  before(async () => {
    await prepareHost(host);
    await makeInstance(host, "alpha", "write");
  });
  after(() => down(host));

  it("removes managed files from upper, and nothing else that the game wrote", async () => {
    await start(host, "alpha");
    await until(host, `[[ -e ${upper}/left4dead2/mine.txt ]]`);
    await stop(host, "alpha");
    await makeInstance(host, "alpha");
    await start(host, "alpha");
    assert.equal(await sh(host, `cat ${merged}/left4dead2/{cfg/server.cfg,mine.txt}`), "hostname alpha generation 2\nmine\n");
    await stop(host, "alpha");
  });

  for (const [what, prepare] of [
    ["a link in place of cfg", "rm -rf left4dead2/cfg; ln -s /etc/victim left4dead2/cfg"],
    ["a link in place of left4dead2", "rm -rf left4dead2; ln -s /etc/victim left4dead2"],
    ["a FIFO in place of cfg", "rm -rf left4dead2; mkdir -p left4dead2; mkfifo left4dead2/cfg"],
    ["a directory in place of server.cfg", "rm -rf left4dead2; mkdir -p left4dead2/cfg/server.cfg/x"],
    ["a link in place of server.cfg", "rm -rf left4dead2; mkdir -p left4dead2/cfg; ln -s /etc/victim/server.cfg left4dead2/cfg/server.cfg"],
  ] as const) {
    it(`follows nothing when upper has ${what}`, async () => {
      const text = await sh(
        host,
        `mkdir -p /etc/victim/cfg; echo safe | tee /etc/victim/server.cfg >/etc/victim/cfg/server.cfg
         cd ${upper}; ${prepare}; chown -Rh left4me-game: .
         left4me=/usr/libexec/left4me/left4me-overlay
         $left4me mount alpha; cat ${merged}/left4dead2/cfg/server.cfg /etc/victim/server.cfg /etc/victim/cfg/server.cfg; $left4me umount alpha`,
      );
      assert.equal(text, "hostname alpha generation 2\nsafe\nsafe\n");
    });
  }

  it("says so when the game has hidden the directory of the configuration for good", async () => {
    await sh(
      host,
      `left4me=/usr/libexec/left4me/left4me-overlay
       rm -rf ${upper}/left4dead2; $left4me mount alpha; rm -rf ${merged}/left4dead2/cfg; mkdir ${merged}/left4dead2/cfg; $left4me umount alpha`,
    );
    await assert.rejects(start(host, "alpha"), /hides its configuration: reset the instance/);
    await untilNothingIsLeft(host, "alpha");
    await sh(host, "systemctl start left4me-reset@alpha");
  });

  it("mounts 100 layers with long names, topmost first", async () => {
    await makeInstance(host, "tall", "", 100);
    await start(host, "tall");
    assert.equal(await sh(host, `cat ${runtime}/tall/merged/layer-100; ls ${runtime}/tall/merged | grep -c layer-`), "100\n100\n");
    await stop(host, "tall");
    await untilNothingIsLeft(host, "tall");
  });

  it("names who holds the mount, does nothing lazily, and recovers when asked again", async () => {
    await start(host, "alpha");
    const pid = (await sh(host, `cd ${merged}; setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!`)).trim();
    await until(host, isSleepIn(pid));
    await stop(host, "alpha");
    await until(host, property("left4me-overlay@alpha", "ActiveState", "failed"));
    const { text, invocation } = await failure(host, "umount", "alpha");
    assert.match(text, new RegExp(`/merged cannot be unmounted \\(target is busy\\.?\\): held by pid ${pid} \\(sleep\\)$`));
    assert.equal((await show(host, "left4me-overlay@alpha", "InvocationID"))["InvocationID"], invocation);
    await sh(
      host,
      `grep -q ${merged} /proc/self/mountinfo; kill ${pid}; while [[ -d /proc/${pid} ]]; do sleep 0.05; done; systemctl start left4me-overlay@alpha`,
    );
    await untilNothingIsLeft(host, "alpha");
  });

  it("refuses to unmount or wipe under a running game, whatever the job mode, and does not mount twice", async () => {
    await start(host, "alpha");
    const { stdout } = await exec(host, [
      "bash",
      "-c",
      `for verb in mount umount wipe; do /usr/libexec/left4me/left4me-overlay $verb alpha 2>/dev/null; echo $?; done
       systemctl start --job-mode=ignore-dependencies left4me-reset@alpha; echo $?
       systemctl is-active left4me-server@alpha; grep -c ${merged} /proc/self/mountinfo`,
    ]);
    assert.equal(stdout, "0\n4\n4\n1\nactive\n1\n");
    assert.match(
      (await failure(host, "wipe", "alpha")).text,
      /the game of alpha still runs: pid \d+ \(left4me-launch\),pid \d+ \(srcds_run\)/,
    );
    await stop(host, "alpha");
    await untilNothingIsLeft(host, "alpha");
  });

  it("opens what left4me owns with the rights of left4me, and nothing by way of /proc", async () => {
    await makeInstance(host, "links");
    const layer = "/var/lib/left4me/instances/links/mount/1/002";
    const verdict = async (target: string) =>
      (
        await exec(host, [
          "bash",
          "-c",
          `ln -sfn '${target}' ${layer}; /usr/libexec/left4me/left4me-overlay mount links; code=$?
        /usr/libexec/left4me/left4me-overlay umount links; exit $code`,
        ])
      ).code;
    assert.equal(await verdict("/var/lib/left4me/layers/base"), 0);
    for (const target of [
      "/root/../var/lib/left4me/layers/base",
      "/proc/1/root/var/lib/left4me/layers/base",
      "/proc/self/cwd/var/lib/left4me/layers/base",
    ])
      assert.equal(await verdict(target), 3, target);
  });

  it("refuses an order with a gap, and limits that are none", async () => {
    const order = "/var/lib/left4me/instances/links/mount/1";
    const mount = async (change: string) =>
      (await exec(host, ["bash", "-c", `cd ${order}; ${change}; /usr/libexec/left4me/left4me-overlay mount links`])).code;
    assert.equal(await mount("ln -sfn /var/lib/left4me/layers/base 002; ln -sfn /var/lib/left4me/layers/base 004"), 3);
    assert.equal(await mount("rm 004; mkdir limits; touch limits/ExecStart=1"), 3);
    assert.equal(await mount("rm limits/*; touch limits/Nice=1 limits/Nice=2"), 3);
    assert.equal(await mount("rm -r limits"), 0);
    await sh(host, "/usr/libexec/left4me/left4me-overlay umount links");
  });

  it("does not mount under a game whose mount was undone by hand", async () => {
    await start(host, "alpha");
    await sh(host, `umount ${merged}`);
    const { code } = await exec(host, ["/usr/libexec/left4me/left4me-overlay", "mount", "alpha"]);
    assert.equal(code, 4);
    await stop(host, "alpha");
    await untilNothingIsLeft(host, "alpha");
  });

  it("names a holder that sees the mount in a namespace of its own", async () => {
    await start(host, "alpha");
    const pid = (
      await sh(host, `unshare -m --propagation slave sh -c 'cd ${merged} && exec setsid sleep 1000' </dev/null >/dev/null 2>&1 & echo $!`)
    ).trim();
    await until(host, isSleepIn(pid));
    await stop(host, "alpha");
    await until(host, property("left4me-overlay@alpha", "ActiveState", "failed"));
    assert.match((await failure(host, "umount", "alpha")).text, new RegExp(`held by pid ${pid} \\(sleep\\)`));
    await sh(host, `kill ${pid}; while [[ -d /proc/${pid} ]]; do sleep 0.05; done; systemctl start left4me-overlay@alpha`);
    await untilNothingIsLeft(host, "alpha");
  });

  it("keeps what a refused mount of a new instance has said, and forgets that of a removed one", async () => {
    await makeInstance(host, "refused");
    await sh(
      host,
      "rm /var/lib/left4me/instances/refused/mount/1/000; systemctl start left4me-overlay@refused || true; systemctl start left4me-trash",
    );
    assert.match((await failure(host, "mount", "refused")).text, /layer 000/);
    await sh(
      host,
      "rm -r /var/lib/left4me/instances/refused; systemctl start left4me-trash; [[ ! -e /run/left4me/failures/mount@refused ]]",
    );
  });

  it("forgets the lock of a removed instance, never one that somebody has or waits for", async () => {
    const locks = "/run/left4me/locks";
    const helper = "/usr/libexec/left4me/left4me-overlay";
    await sh(
      host,
      `${helper} umount gone; [[ -e ${locks}/gone ]]
       exec 9<>${locks}/gone; flock 9
       ${helper} sweep; [[ -e ${locks}/gone ]]
       ${helper} umount gone 9>&- & waiter=$!
       sleep 0.5
       # As a sweep that had the lock removes it: the waiter must not go on with a file that has lost its name.
       rm ${locks}/gone; exec 8<>${locks}/gone; flock 8; exec 9>&-
       sleep 0.5; kill -0 $waiter
       exec 8>&-; wait $waiter
       ${helper} sweep; [[ ! -e ${locks}/gone ]]
       ${helper} umount alpha; ${helper} sweep; [[ -e ${locks}/alpha ]]`,
    );
  });

  it("looks for the configuration by way of no link, also not of one in a layer of left4me's", async () => {
    await makeInstance(host, "led");
    await sh(
      host,
      `mkdir -p /root/led/cfg; touch /root/led/cfg/server.cfg
       cd /var/lib/left4me/instances/led/mount/1/launch; ln -s /root/led left4dead2; chown -h left4me: left4dead2`,
    );
    await assert.rejects(start(host, "led"), /hides its configuration/);
    await sh(host, "rm -r /root/led");
  });

  it("refuses an upper of another kind; a reset cures it", async () => {
    await sh(host, `echo 'driver=embedded xattr=user uid=1 gid=1' >${runtime}/alpha/format`);
    await assert.rejects(
      start(host, "alpha"),
      /has the format "driver=embedded .*", this driver needs "driver=systemd .*": reset the instance/,
    );
    assert.equal((await show(host, "left4me-overlay@alpha", "ExecMainStatus"))["ExecMainStatus"], "5");
    await sh(host, "systemctl start left4me-reset@alpha; systemctl start left4me-server@alpha");
    await stop(host, "alpha");
  });

  it("sets a deep and wide tree aside, and deletes all of it", async () => {
    await sh(
      host,
      `cd ${upper}; perl -e 'for (1 .. 3000) { mkdir "d" or die; chdir "d" or die }'; mkdir wide; cd wide; for ((i = 0; i < 500; i++)); do mkdir -p $i/x; done
       systemctl start left4me-reset@alpha`,
    );
    await until(host, `[[ -z $(ls -A ${runtime}/.trash) ]]`);
    assert.ok(Number(await sh(host, `stat -c %s ${runtime}/.trash`)) <= 8192, "the trash itself has not grown");
  });

  it("unmounts what a killed helper left before it mounts again", async () => {
    await sh(host, "/usr/libexec/left4me/left4me-overlay mount alpha");
    await start(host, "alpha");
    assert.equal(await sh(host, `grep -c ${merged} /proc/self/mountinfo`), "1\n");
    await stop(host, "alpha");
    await untilNothingIsLeft(host, "alpha");
  });

  it("keeps a volatile upper within one boot and discards it after another", async () => {
    await makeInstance(host, "loose", "write");
    await sh(host, "touch /var/lib/left4me/instances/loose/current/volatile");
    for (const _ of [1, 2]) {
      await start(host, "loose");
      await sh(host, `grep ${runtime}/loose/merged /proc/self/mountinfo | grep -qE '[,=]volatile'`);
      await until(host, `[[ -e ${runtime}/loose/upper/left4dead2/mine.txt ]]`);
      await stop(host, "loose");
    }
    await sh(host, `echo 00000000-0000-0000-0000-000000000000 >${runtime}/loose/volatile`);
    await makeInstance(host, "loose");
    await start(host, "loose");
    assert.equal(
      await sh(host, `ls ${runtime}/loose/merged/left4dead2; head -2 /run/left4me/mounted/loose`),
      "cfg\ngeneration 2\nnote discarded-volatile\n",
    );
    await stop(host, "loose");
  });

  it("trusts an upper again when it is on the disk after a volatile run", async () => {
    const record = `${runtime}/loose/volatile`;
    await sh(host, "touch /var/lib/left4me/instances/loose/current/volatile");
    await start(host, "loose");
    await stop(host, "loose");
    await sh(host, `[[ -e ${record} ]]; rm /var/lib/left4me/instances/loose/current/volatile`);
    await start(host, "loose");
    await stop(host, "loose");
    await sh(host, `[[ ! -e ${record} ]]`);
  });
});
