import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { down, exec, kill, sh, up } from "./host.ts";
import { inGuest } from "./prepared-daemon.ts";
import { inHost, installSystemd, prepareHost } from "./prepared-host.ts";
import { until } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "stage";
const store = "/var/lib/left4me";
const place = `${store}/runtime/.stage`;
const layers = [`${store}/layers/top`, `${store}/layers/base`];
const outbox = `${store}/runtime/.outbox`;
const helper = "/usr/libexec/left4me/left4me-overlay";
const repository = join(import.meta.dirname, "../..");

type Answer = {
  readonly value?: { readonly exitCode?: number; readonly signal?: string };
  readonly error?: { readonly reason: string; readonly message: string; readonly metadata: Record<string, string> };
  readonly ms: number;
};

/** One order, by a daemon that has started anew. */
async function order(transport: string, ...args: readonly string[]): Promise<Answer> {
  const command = [inHost.node, `${inGuest.repository}/test/hosts/guest/install-orders.ts`, transport, ...args];
  const { code, stdout, stderr } = await exec(host, ["runuser", "-u", "left4me", "--", ...command]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Answer;
}

/** An order that is to succeed. */
async function done(...args: readonly string[]): Promise<Answer> {
  const answer = await order("dbus", ...args);
  assert.equal(answer.error, undefined, JSON.stringify(answer));
  return answer;
}

async function standIn(mode: string): Promise<void> {
  await sh(host, `echo STANDIN=${mode} >/etc/left4me/install.env`);
}

/** Installs with a stand-in, up to its end. */
async function install(mode: string, over: readonly string[] = layers): Promise<Answer> {
  await standIn(mode);
  await done("start", ...over);
  return done("ended");
}

/** Every property of every entry below the layers that something could have changed, contents included. */
const fingerprint = `cd ${store}/layers; find top base -printf '%p %y %m %U:%G %n %s %T@ %l\\n' | sort; find top base -type f -exec sha256sum {} + | sort`;

/** Fails when anything of a stage is left: mounts in any namespace, directories, processes, units. */
const nothingIsLeft = `
  if grep -qs '/runtime/.stage/' /proc/[0-9]*/mountinfo; then echo mounts >&2; exit 1; fi
  for left in $(ls -A ${place} | grep -vx merged) $(ls -d ${store}/layers/.staged ${outbox} /run/left4me/outbox 2>/dev/null); do echo "$left is left" >&2; exit 1; done
  if pgrep -u left4me-steam >&2; then exit 1; fi
  if systemctl is-active -q left4me-install || systemctl is-active -q left4me-stage; then echo active >&2; exit 1; fi
  failed=$(systemctl list-units --plain --no-legend --state=failed 'left4me-*'); if [[ $failed ]]; then echo "$failed" >&2; exit 1; fi`;

describe("the stage of an installation", { skip: whyNoHosts() ?? false }, () => {
  before(async () => {
    await prepareHost(host, [{ source: repository, target: inGuest.repository }]);
    await sh(
      host,
      `mkdir -p /etc/left4me /etc/systemd/system/left4me-install.service.d
       printf '[Service]\\nExecStart=\\nExecStart=/bin/bash ${inHost.guest}/standin-installer.sh\\n' >/etc/systemd/system/left4me-install.service.d/stand-in.conf
       systemctl daemon-reload
       cd ${store}/layers; mkdir -p base/dir base/emptied/in base/again top
       for name in mode gone dir/gone dir/kept over append time again/a emptied/in/x moved; do echo "$name of base" >base/$name; done
       echo "over of top" >top/over
       chown -R left4me:left4me-game base top; find base top -type d -exec chmod 775 {} +; find base top -type f -exec chmod 664 {} +
       touch -d 1999-01-01 base/time`,
    );
  });
  after(() => down(host));

  for (const transport of ["dbus", "sudo"]) {
    it(`installs over layers, and hands over what is the daemon's own, by ${transport}`, async () => {
      const lower = await sh(host, fingerprint);
      await standIn("change");
      const target = `${store}/layers/new-${transport}`;
      assert.equal((await order(transport, "start", ...layers)).error, undefined);
      const { value } = await order(transport, "ended"); // PID 1 may have forgotten a unit that ended well
      assert.ok([0, undefined].includes(value?.exitCode) && value?.signal === undefined, JSON.stringify(value));
      const listing = await sh(host, "runuser -u left4me -- cat /run/left4me/outbox/listing");
      assert.deepEqual(JSON.parse(await sh(host, `cat ${outbox}/order`)), { job: "0123456789abcdef", validate: true, bootstrap: false });
      assert.deepEqual((await order(transport, "hand-over", target)).error, undefined);
      await sh(host, nothingIsLeft);
      assert.deepEqual((await order(transport, "hand-over", target)).error, undefined, "asked again");
      assert.equal(await sh(host, fingerprint), lower);
      assert.deepEqual((await sh(host, `cd ${target}; find . -printf '%p %y %m %u:%g\\n' | sort`)).trim().split("\n"), [
        ". d 775 left4me:left4me-game",
        "./again d 775 left4me:left4me-game",
        "./again/b f 664 left4me:left4me-game",
        "./append f 664 left4me:left4me-game",
        "./dir d 775 left4me:left4me-game",
        "./dir/gone c 0 root:root",
        "./emptied c 0 root:root",
        "./gone c 0 root:root",
        "./link l 777 left4me:left4me-game",
        "./made d 775 left4me:left4me-game",
        "./made/file f 664 left4me:left4me-game",
        "./mode f 600 left4me:left4me-game",
        "./moved c 0 root:root",
        "./moved-away f 664 left4me:left4me-game",
        "./over f 664 left4me:left4me-game",
        "./time f 664 left4me:left4me-game",
      ]);
      assert.equal(await sh(host, `stat -c %t:%T ${target}/gone; cat ${target}/append`), "0:0\nappend of base\nmore\n");
      const shown = await sh(
        host,
        `mount -t overlay -o ro,lowerdir=${[target, ...layers].join(":")} overlay /mnt; cd /mnt; find . -printf '%p %y %m %s %T@\\n' | sort; cd /; umount /mnt`,
      );
      assert.equal(shown, listing, "a build of it shows what the installer saw");
    });
  }

  it("installs from nothing", async () => {
    await install("none", []);
    assert.equal(await sh(host, `ls -A ${place}/merged; stat -c '%a %U:%G' ${place}/merged`), "775 left4me-steam:left4me-steam\n");
    await done("hand-over", `${store}/layers/from-nothing`);
    assert.equal(await sh(host, `ls -A ${store}/layers/from-nothing; ${nothingIsLeft}`), "");
  });

  it("tells how an installer ended, leaves it when the daemon goes, and discards what it wrote", async () => {
    assert.deepEqual((await install("fail")).value, { exitCode: 7 });
    await done("discard");
    await sh(host, nothingIsLeft);
    await standIn("wait");
    await done("start", ...layers);
    await until(host, `[[ -e ${place}/merged/begun ]]`);
    const ended = done("ended");
    await sh(host, "sleep 1; pkill -KILL -u left4me-steam");
    assert.deepEqual((await ended).value, { signal: "SIGKILL" });
    await done("discard");
    await done("discard");
    await sh(host, nothingIsLeft);
    assert.deepEqual((await done("ended")).value?.signal, undefined, "none runs, and nothing is known of the last one any more");
  });

  it("a cancellation leaves no process of an installer that does not want to end", async () => {
    await standIn("stubborn");
    await done("start", ...layers);
    await until(host, `[[ -e ${place}/merged/begun ]]`);
    const { ms } = await done("cancel");
    assert.ok(ms > 5000 && ms < 60_000, `${ms}`);
    await sh(host, `if pgrep -u left4me-steam; then exit 1; fi; grep -q ${place}/merged /proc/self/mountinfo`);
    assert.deepEqual((await done("ended")).value, { signal: "SIGKILL" });
    await done("cancel");
    await done("discard");
    await sh(host, nothingIsLeft);
  });

  it("takes nothing down under an installer, whatever the job mode", async () => {
    await standIn("wait");
    await done("start", ...layers);
    const { stdout } = await exec(host, [
      "bash",
      "-c",
      `for verb in stage unstage hand-over; do ${helper} $verb 2>/dev/null; echo $?; done
       systemctl start --job-mode=ignore-dependencies left4me-hand-over; echo $?; systemctl is-active left4me-install`,
    ]);
    assert.equal(stdout, "4\n4\n4\n1\nactive\n");
    assert.match(await sh(host, "cat /run/left4me/failures/hand-over@.stage"), / 4\nthe installer still runs: pid \d+ \(bash\)/);
    await done("discard");
    await sh(host, nothingIsLeft);
  });

  it("says who holds the mount, and recovers when asked again", async () => {
    await install("none");
    const pid = (await sh(host, `cd ${place}/merged; setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!`)).trim();
    const { error } = await order("dbus", "hand-over", `${store}/layers/held`);
    assert.equal(error?.reason, "MOUNT_BUSY");
    assert.equal(error.metadata["pid"], pid);
    assert.equal((await order("dbus", "discard")).error?.reason, "MOUNT_BUSY");
    await sh(host, `kill ${pid}; while [[ -d /proc/${pid} ]]; do sleep 0.05; done`);
    await done("discard");
    await sh(host, nothingIsLeft);
  });

  it("a hand-over that was interrupted goes on where it was", async () => {
    await install("change");
    await sh(host, "systemctl start left4me-hand-over"); // and the daemon ends here
    await done("hand-over", `${store}/layers/interrupted`);
    await sh(host, `[[ -e ${store}/layers/interrupted/append ]]; ${nothingIsLeft}`);
    await install("change");
    await sh(host, "systemctl start left4me-hand-over");
    await done("discard");
    await sh(host, nothingIsLeft);
    const { error } = await order("dbus", "hand-over", `${store}/layers/none`);
    assert.match(`${error?.reason} ${error?.message}`, /^HELPER_FAILED .*hand-over exited with code 1: there is no stage/);
    await sh(host, "systemctl reset-failed left4me-hand-over");
  });

  it("the next stage clears what a crash left", async () => {
    await sh(
      host,
      `mkdir -p ${place}/data/upper/x ${place}/data/work/work/incompat/volatile ${store}/layers/.staged/y; chown left4me: ${store}/layers/.staged`,
    );
    await install("none");
    assert.equal(await sh(host, `ls -d ${place}/merged/x ${store}/layers/.staged 2>/dev/null || true`), "");
    await sh(host, `${helper} unstage; ${helper} stage`); // as if PID 1 had not seen it
    await done("discard");
    await sh(host, nothingIsLeft);
  });

  it("a helper that is killed at any moment leaves nothing that a discard does not clear", async () => {
    await sh(
      host,
      `rm -f ${store}/stage/*; for ((i = 0; i < 60; i++)); do ln -s ${layers[0]} ${store}/stage/$(printf %03d $i); ((i % 2)) || mkdir -p ${store}/layers/many-$i; done
       for ((i = 0; i < 60; i += 2)); do ln -sfn ${store}/layers/many-$i ${store}/stage/$(printf %03d $i); done; chown -R left4me: ${store}/layers/many-*`,
    );
    for (let round = 0; round < 25; round++) {
      await sh(
        host,
        `systemctl start --no-block left4me-stage; sleep 0.0${String(round * 3).padStart(2, "0")}; systemctl kill -s KILL left4me-stage 2>/dev/null || true
         systemctl start left4me-discard; systemctl reset-failed 'left4me-*'`,
      );
      await sh(host, nothingIsLeft);
    }
  });

  for (const [what, links] of [
    ["outside of the store", "000=/etc"],
    ["by way of ..", `000=${store}/layers/../../../../etc`],
    ["to an instance", `000=${store}/instances`],
    ["to what games wrote", `000=${store}/runtime`],
    ["to the layers as a whole", `000=${store}/layers`],
    ["below a layer", `000=${store}/layers/base/dir`],
    ["to what is handed over", `000=${store}/layers/.staged`],
    ["to an overlay", `000=${store}/overlay-versions/x`],
    ["by way of /proc", `000=/proc/1/root${store}/layers/base`],
    ["by way of what left4me may not enter", `000=/root/../var/lib/left4me/layers/base`],
    ["to nothing", `000=${store}/layers/none`],
    ["with a gap", `000=${store}/layers/base 002=${store}/layers/base`],
    ["to a FIFO", `000=${store}/tmp/fifo`],
  ] as const) {
    it(`a stage order ${what} is refused`, async () => {
      await sh(
        host,
        `mkdir -p ${store}/overlay-versions/x ${store}/layers/.staged; chown left4me: ${store}/overlay-versions/x ${store}/layers/.staged; [[ -p ${store}/tmp/fifo ]] || mkfifo ${store}/tmp/fifo
         rm -rf ${store}/stage/*; for link in ${links}; do ln -s "\${link#*=}" ${store}/stage/\${link%%=*}; done; chown -h left4me: ${store}/stage/*`,
      );
      const { code, stderr } = await exec(host, [helper, "stage"]);
      assert.match(`${code} ${stderr}`, /^3 left4me-overlay: layer 00\d of the stage order is not a directory of layers\/\n$/);
      await sh(host, `${helper} unstage; ${nothingIsLeft}`);
    });
  }

  it("a refusal reaches whoever has ordered the start, and nothing is left of it", async () => {
    const { error } = await order("dbus", "start", "/etc");
    assert.equal(error?.reason, "HELPER_REFUSED");
    assert.equal(error.metadata["exit_code"], "3");
    await sh(host, nothingIsLeft);
    const missing = await order("sudo", "start", `${store}/layers/none`);
    assert.equal(missing.error?.reason, "HELPER_REFUSED");
    await sh(host, nothingIsLeft);
  });

  it("a stage order that changes all the time stages a layer or nothing", async () => {
    const text = await sh(
      host,
      `rm -f ${store}/stage/*
       runuser -u left4me -- bash -c 'cd ${store}/stage; while :; do ln -sfn /etc 000; ln -sfn ${store}/layers/base 000; ln -sfn ${store}/instances 000; mv -T 000 001; mv -T 001 000; done' 2>/dev/null &
       swapper=$!; staged=0
       for ((i = 0; i < 150; i++)); do
         if ${helper} stage 2>/dev/null; then
           if [[ -e ${place}/merged/append ]]; then staged=$((staged + 1)); elif [[ -n $(ls -A ${place}/merged) ]]; then echo "staged: $(ls ${place}/merged)"; fi
         fi
       done
       kill $swapper; ${helper} unstage
       rm -f ${store}/stage/*; ((staged > 0)) && echo some`,
    );
    assert.equal(text, "some\n");
    await sh(host, nothingIsLeft);
  });

  it("hostile content is handed over as files of left4me, or goes without a trace", async () => {
    for (const end of ["hand-over", "discard"]) {
      await install("hostile");
      assert.equal(await sh(host, `cat ${outbox}/allowed`), "", "what it was allowed to do");
      if (end === "discard") await done("discard");
      else {
        const target = `${store}/layers/hostile`;
        await done("hand-over", target);
        assert.equal(
          await sh(
            host,
            `cd ${target}; find . ! -user left4me -o -perm /7000 -o ! -group left4me-game; stat -c '%a %F' . closed fifo hard; stat -c %a ${store}/layers`,
          ),
          "775 directory\n0 directory\n640 fifo\n664 regular file\n700\n",
        );
      }
      await sh(host, nothingIsLeft);
      await until(host, `[[ -z $(ls -A ${store}/runtime/.trash) ]]`);
    }
  });

  it("an installer that fills its outbox fills no part of /run, and root empties it", async () => {
    const free = async () => Number(await sh(host, "df --output=avail -B1 /run | tail -1"));
    const before = await free();
    await install("fill");
    const filled = Number(await sh(host, `du -s -B1 ${outbox} | cut -f1`));
    assert.ok(filled > 64 * 2 ** 20, `${filled} bytes`);
    assert.ok(before - (await free()) < 2 ** 20, "it is not in /run");
    await sh(host, `runuser -u left4me -- mkdir ${store}/layers/.written-0123456789ab`);
    await done("discard");
    await sh(host, `[[ -e ${outbox} && ! -e ${place}/data ]]; rmdir ${store}/layers/.written-0123456789ab`);
    await done("discard");
    await sh(host, nothingIsLeft);
    await until(host, `[[ -z $(ls -A ${store}/runtime/.trash) ]]`);
  });

  it("the installer sees its order, its own files and the game, and nothing else", async () => {
    await sh(host, "printf 'name\\nsecret\\n' >/etc/left4me/steam-account; chmod 600 /etc/left4me/steam-account; touch /dev/shm/of-host");
    await install("probe");
    const text = await sh(host, `cat ${outbox}/probe; stat -c '%a %U:%G' ${outbox}/probe ${outbox}`);
    assert.match(
      text,
      /^uid=(\d+)\(left4me-steam\) gid=\d+\(left4me-steam\) groups=\d+\(left4me-steam\)\n\/run\/left4me:\ninstall\nsteam\n\n\/var\/lib\/left4me:\ngame\n\d\n700 left4me-steam \/var\/lib\/left4me-steam\nshm 0 67108864\naccount {2}n a m e \\n s e c r e t \\n\n640 left4me-steam:left4me\n2750 left4me-steam:left4me\n$/,
    );
    await done("discard");
    await sh(host, "rm /etc/left4me/steam-account /dev/shm/of-host");
    await install("probe");
    assert.match(await sh(host, `cat ${outbox}/probe`), /\naccount {2}\\n\n$/, "without an account the credential is an empty line");
    await done("discard");
    for (const path of [store, `${store}/layers`, `${place}/merged`, "/run/left4me/failures"])
      assert.notEqual((await exec(host, ["runuser", "-u", "left4me-steam", "--", "ls", path])).code, 0, path);
  });

  it("a power cut during an installation leaves nothing that a discard or the next start does not clear", async () => {
    await standIn("wait");
    for (const next of ["discard", "start"]) {
      await done("start", ...layers);
      await until(host, `[[ -e ${place}/merged/begun ]]`);
      await sh(host, `dd if=/dev/zero of=${place}/merged/large bs=1M count=64 status=none; sync`);
      await kill(host);
      await up(host);
      await sh(host, `[[ -e ${place}/data/upper/large && -e ${outbox} && ! -L /run/left4me/outbox ]]; ${installSystemd}`);
      assert.deepEqual((await done("ended")).value, {});
      if (next === "start") {
        await done("start", ...layers);
        await sh(host, `[[ -d ${place}/data/upper && ! -e ${place}/data/upper/large ]]`);
      }
      await done("discard");
      await sh(host, nothingIsLeft);
    }
  });
});
