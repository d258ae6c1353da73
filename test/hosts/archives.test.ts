import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../evidence/random.ts";
import { exec, kill, sh, up } from "./host.ts";
import { type DaemonHost, inGuest, operatorSocket, prepareDaemon } from "./prepared-daemon.ts";
import { inHost, makeInstance } from "./prepared-host.ts";
import { failure, until } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const rounds = Number(process.env["LEFT4ME_KILL_ROUNDS"] ?? 4);
const seed = Number(process.env["LEFT4ME_KILL_SEED"] ?? 7);
const cuts = Number(process.env["LEFT4ME_POWER_CUTS"] ?? 2);
const runtime = "/var/lib/left4me/runtime";
const instances = "/var/lib/left4me/instances";
const id = (second: number) => `20261129T1015${String(second).padStart(2, "0")}Z-1a2b`;

/** The script that publishes a reset order as the daemon does. */
function order(name: string, globs: readonly string[], archive = "", keep = ""): string {
  const links = globs.map((glob, index) => `ln -s '${glob}' ${String(index).padStart(3, "0")}`);
  if (archive !== "") links.push(`ln -s ${archive} archive`, "ln -s b-1 build");
  if (keep !== "") links.push(`ln -s ${keep} keep`);
  return `rm -rf ${instances}/${name}/reset; mkdir ${instances}/${name}/reset; cd ${instances}/${name}/reset
${links.join("\n")}
chown -Rh left4me: .; cd /
`;
}

describe("resets of hostile files", { skip: whyNoHosts() ?? false }, () => {
  const host = "archives";
  let daemon: DaemonHost;
  const run = (script: string) => sh(host, script);
  /** Puts files into upper as the game would have made them. */
  const plant = (name: string, script: string) =>
    run(`systemctl start left4me-overlay@${name}; systemctl stop left4me-overlay@${name}
      setpriv --reuid left4me-game --regid left4me-game --clear-groups bash -euc 'true'
      cd ${runtime}/${name}/upper; ${script}
      chown -Rh left4me-game:left4me-game .; cd /`);

  before(async () => {
    daemon = await prepareDaemon(host, "dbus");
    await run("systemctl stop left4me-hostd.service left4me-hostd.socket");
    await makeInstance(host, "alpha");
  });
  after(() => daemon?.end());

  it("keep regular files only, and follow no link", async () => {
    await run("echo secret >/etc/victim; chmod 600 /etc/victim");
    await plant(
      "alpha",
      `mkdir -p data/deep; echo kept >data/a.db; chmod 640 data/a.db; echo deep >data/deep/b.db; echo lost >data/c.txt
       ln -s /etc/shadow data/shadow.db; ln -s /etc data/etc; ln -s /etc/victim data/victim.db; ln data/a.db data/hard.db
       mkfifo data/fifo.db; mkdir data/dir.db; mknod data/gone.db c 0 0; mknod data/null.db c 1 3
       mkdir -p shut; echo x >shut/x.db; chmod 000 shut
       d=.; for n in $(seq 90); do d=$d/d; done; mkdir -p $d; echo far >$d/far.db; echo near >d/d/near.db`,
    );
    await run(`${order("alpha", ["data/*.db", "data/deep/*", "data/etc/*", "**/*.db"])}systemctl start left4me-reset@alpha`);
    const found = await run(
      `cd ${runtime}/alpha/upper; find . -mindepth 1 ! -type d -printf '%P %y %m %u\\n' | sort; cat data/a.db data/deep/b.db`,
    );
    assert.deepEqual(
      found.trim().split("\n"),
      [
        "d/d/near.db f 640 left4me-game",
        "data/a.db f 640 left4me-game",
        "data/deep/b.db f 640 left4me-game",
        "data/hard.db f 640 left4me-game",
        "kept",
        "deep",
      ].map((line) => line.replace("near.db f 640", "near.db f 644").replace("b.db f 640 l", "b.db f 644 l")),
    );
    await run(`[[ $(cat /etc/victim) == secret ]]; ! ls ${runtime}/.fresh/alpha 2>/dev/null; [[ ! -e ${runtime}/alpha/fresh ]]`);
    const before = await run(`stat -c %i ${runtime}/alpha`);
    await run("systemctl start left4me-reset@alpha");
    assert.equal(await run(`stat -c %i ${runtime}/alpha`), before, "what is only of preserved files is left as it is");
  });

  it("archive and restore everything but what would be dangerous or is nobody's to read", async () => {
    await plant(
      "alpha",
      `rm -rf ./*; mkdir -p data/ro opaque; echo one >data/mine; ln -s /etc/shadow data/shadow; mkfifo data/fifo; mknod data/gone c 0 0
       mknod data/null c 1 3; cp /bin/true data/suid; echo x >data/ro/x; touch -d 2020-01-01 data/ro/x`,
    );
    await run(`cd ${runtime}/alpha/upper; chmod 6755 data/suid; chmod 500 data/ro
        perl -e '($path, $name, $value) = ("opaque", "trusted.overlay.opaque", "y"); syscall(188, $path, $name, $value, 1, 0) == 0 or die'`);
    await run(`${order("alpha", [], id(1), "5")}systemctl start left4me-reset@alpha; [[ ! -e ${runtime}/alpha ]]`);
    assert.equal(await run(`runuser -u left4me -- ls ${runtime}/.archives/alpha`), `${id(1)}\n${id(1)}.info\n`);
    assert.match(await run(`runuser -u left4me -- cat ${runtime}/.archives/alpha/${id(1)}.info`), /^size \d{5,}\nbuild b-1\n$/);
    await assert.rejects(run(`runuser -u left4me -- ls ${runtime}/.archives/alpha/${id(1)}`), /Permission denied/);
    await run(`ln -sfn ${id(1)} ${instances}/alpha/restore; systemctl start left4me-restore@alpha`);
    const found = await run(`cd ${runtime}/alpha/upper; find . -mindepth 1 -printf '%P %y %m %u %l\\n' | sort; cat data/mine`);
    assert.deepEqual(
      found
        .trim()
        .split("\n")
        .map((line) => line.trim()),
      [
        "data d 755 left4me-game",
        "data/fifo p 644 left4me-game",
        "data/gone c 644 left4me-game",
        "data/mine f 644 left4me-game",
        "data/ro d 500 left4me-game",
        "data/ro/x f 644 left4me-game",
        "data/shadow l 777 left4me-game /etc/shadow",
        "data/suid f 755 left4me-game",
        "opaque d 755 left4me-game",
        "one",
      ],
    );
    assert.match(
      await run(
        `perl -e '($path, $name, $value) = ("${runtime}/alpha/upper/opaque", "trusted.overlay.opaque", "-" x 8)
          ; print syscall(191, $path, $name, $value, 8), substr($value, 0, 1)'`,
      ),
      /^1y$/,
    );
  });

  it("put back the whole of an archive or nothing, and say what stands against it", async () => {
    await makeInstance(host, "whole");
    const deep = `d=.; for n in $(seq 70); do d=$d/d; done; mkdir -p $d; echo far >$d/far`;
    const parts = [
      [deep, /^"d(\/d){64}" of the archive cannot be copied \(it lies too deep\)/],
      ["mkdir shut; echo x >shut/x; chmod 0 shut", /^"shut" of the archive cannot be copied \(Permission denied\)/],
      // What the game calls it, an operator's terminal must not obey.
      ["echo x >$'sh\\e]ut\\nx\\xc2\\x9b'; chmod 0 sh*", /^"sh\?\]ut\?x\?\?" of the archive cannot be copied \(Permission denied\)[ -~]*$/],
      ["echo x >shut; chmod 0 shut", /^"shut" of the archive cannot be copied \(Permission denied\)/],
    ] as const;
    for (const [index, [script, expected]] of parts.entries()) {
      const archive = id(50 + index);
      await plant("whole", `rm -rf ./*; echo before >before; ${script}`);
      await run(`${order("whole", [], archive, "9")}systemctl start left4me-reset@whole`);
      await plant("whole", "echo since >since");
      await exec(host, ["bash", "-c", `ln -sfn ${archive} ${instances}/whole/restore; systemctl start left4me-restore@whole`]);
      assert.match((await failure(host, "restore", "whole")).text, expected);
      assert.equal(await run(`ls ${runtime}/whole/upper`), "since\n");
      await run(`! ls -A ${runtime}/.fresh | grep .`);
    }
    await run(`chmod u+rwx ${runtime}/.archives/whole/${id(53)}/upper/shut; systemctl start left4me-restore@whole`);
    assert.equal(await run(`cd ${runtime}/whole/upper; echo *; cat before shut`), "before shut\nbefore\nx\n");
  });

  it("refuse orders that are none", async () => {
    const verdict = async (script: string) => {
      await exec(host, ["bash", "-c", `${script}\nsystemctl start left4me-reset@alpha`]);
      return (await failure(host, "wipe", "alpha")).text;
    };
    await plant("alpha", "echo x >mine");
    const bad = [
      [order("alpha", [], "../../../etc"), /whose id is none/],
      [order("alpha", ["/etc/*"]), /pattern 000 .* is none/],
      [order("alpha", [], "", "x1"), /a number of archives that is none/],
      [`${order("alpha", [])}mkdir ${instances}/alpha/reset/000`, /000 .* is no link/],
      [`rm -rf ${instances}/alpha/reset; ln -s /root ${instances}/alpha/reset`, /is not a reset order/],
      [`rm -rf ${instances}/alpha/reset; mkfifo ${instances}/alpha/reset`, /is not a reset order/],
    ] as const;
    for (const [script, expected] of bad) assert.match(await verdict(script), expected);
    await run(`[[ -e ${runtime}/alpha/upper/mine ]]; rm -rf ${instances}/alpha/reset`);
    for (const target of ["/etc", "20261129T101501Z-ffff"]) {
      await exec(host, ["bash", "-c", `ln -sfn ${target} ${instances}/alpha/restore; systemctl start left4me-restore@alpha`]);
      assert.match((await failure(host, "restore", "alpha")).text, target === "/etc" ? /names no archive/ : /there is no archive/);
    }
    await run(`[[ -e ${runtime}/alpha/upper/mine ]]`);
  });

  it("refuse to restore an archive of another driver, and under a running game", async () => {
    await run(`echo driver=embedded >${runtime}/.archives/alpha/${id(1)}/format; ln -sfn ${id(1)} ${instances}/alpha/restore`);
    await exec(host, ["systemctl", "start", "left4me-restore@alpha"]);
    assert.match((await failure(host, "restore", "alpha")).text, /has the format "driver=embedded", this driver needs/);
    await run("systemctl start left4me-server@alpha");
    await exec(host, ["systemctl", "start", "left4me-restore@alpha"]);
    assert.match((await failure(host, "restore", "alpha")).text, /the game of alpha still runs/);
    await run("systemctl is-active left4me-server@alpha; systemctl stop left4me-server@alpha left4me-overlay@alpha");
  });

  it("copy holes as holes, and leave nothing of what does not fit on the disk", async () => {
    await makeInstance(host, "large");
    const used = `du -s -B1M ${runtime} | cut -f1`;
    await plant("large", "mkdir data; truncate -s 2G data/hole.db; echo end >>data/hole.db; echo small >data/small.db");
    await run(`${order("large", ["data/*.db"], id(3))}systemctl start left4me-reset@large
      ln -s ${id(3)} ${instances}/large/restore; systemctl start left4me-restore@large`);
    for (const upper of [`${runtime}/large/upper`, `${runtime}/.archives/large/${id(3)}/upper`])
      assert.equal(await run(`cd ${upper}/data; stat -c %s hole.db; tail -c 4 hole.db; cat small.db`), `${2 ** 31 + 4}\nend\nsmall\n`);
    assert.ok(Number(await run(used)) < 100, "2 GiB of nothing take no room");
    await plant("large", `fallocate -l $(( $(df --output=avail -B1 ${runtime} | tail -1) * 6 / 10 )) data/large.db`);
    for (const verb of ["reset", "restore"]) {
      const wanted = id(verb === "reset" ? 4 : 5);
      if (verb === "restore") await run(`rm -r ${instances}/large/reset; mv ${runtime}/large ${runtime}/.archives/large/${wanted}`);
      await run(verb === "reset" ? order("large", ["data/*.db"], wanted) : `ln -sfn ${wanted} ${instances}/large/restore`);
      await exec(host, ["systemctl", "start", `left4me-${verb}@large`]);
      const { text } = await failure(host, verb === "reset" ? "wipe" : "restore", "large");
      assert.match(text, /^the copies need \d+ bytes, and the file system of \S+ has \d+: No space left on device$/);
      assert.match(await run(`head -1 /run/left4me/failures/${verb === "reset" ? "wipe" : "restore"}@large`), /^\w{32} 7\n$/);
      await run(`! ls -A ${runtime}/.fresh | grep .`);
      await until(host, `[[ -z $(ls -A ${runtime}/.trash) ]]`);
    }
    await run(`rm -r ${instances}/large; systemctl start left4me-trash.service; [[ ! -e ${runtime}/.archives/large ]]`);
  });

  it("leave what ran volatile in this boot trusted, whether they fail half-way or keep all of it", async () => {
    const wrote = async () => {
      await run(`touch ${instances}/volatile/mount/1/volatile; systemctl start left4me-overlay@volatile
        echo bans >${runtime}/volatile/merged/bans.db; chown left4me-game: ${runtime}/volatile/merged/bans.db
        systemctl stop left4me-overlay@volatile
        [[ -e ${runtime}/volatile/volatile && -e ${runtime}/volatile/work/work/incompat/volatile ]]`);
    };
    const isTrusted = async () => {
      await run("systemctl start left4me-overlay@volatile; systemctl stop left4me-overlay@volatile");
      assert.equal(await run(`cat ${runtime}/volatile/upper/bans.db`), "bans\n");
    };
    await makeInstance(host, "volatile");
    await wrote();
    await run(order("volatile", [], id(2)));
    // What a full disk does: the archive's directory takes nothing.
    await run(`mount -t tmpfs -o size=4k,nr_inodes=2 none ${runtime}/.archives; chown root:left4me ${runtime}/.archives`);
    await exec(host, ["systemctl", "start", "left4me-reset@volatile"]);
    await run(`umount ${runtime}/.archives`);
    assert.match((await failure(host, "wipe", "volatile")).text, /No space left on device$/);
    await isTrusted();
    await wrote();
    await run(`rm ${instances}/volatile/mount/1/volatile; ${order("volatile", ["*.db"])}systemctl start left4me-reset@volatile`);
    await isTrusted();
  });

  it("remove one archive, whether its game runs or not, and nothing else", async () => {
    await makeInstance(host, "gone");
    const drop = (archive: string) =>
      exec(host, ["bash", "-c", `ln -sfn ${archive} ${instances}/gone/drop; systemctl start left4me-drop@gone`]);
    const kept = async () => (await run(`ls ${runtime}/.archives/gone`)).trim().split("\n");
    for (const second of [6, 7, 8]) {
      await plant("gone", `echo ${second} >n`);
      await run(`${order("gone", [], id(second), "9")}systemctl start left4me-reset@gone`);
    }
    await run("systemctl start left4me-server@gone");
    assert.equal(
      (await drop(id(7))).code,
      0,
      (await exec(host, ["bash", "-c", "journalctl -u left4me-drop@gone --no-pager -n 20; ls -la /run/left4me/failures"])).stdout,
    );
    assert.deepEqual(
      await kept(),
      [6, 8].flatMap((second) => [id(second), `${id(second)}.info`]),
    );
    assert.equal(await run("systemctl is-active left4me-server@gone"), "active\n");
    await until(host, `[[ -z $(ls -A ${runtime}/.trash) ]]`);
    await run("systemctl stop left4me-server@gone left4me-overlay@gone");
    assert.equal((await drop(id(7))).code, 0, "again");
    for (const target of ["/etc", `../${id(6)}`, "..", `${id(6)}.info`]) {
      assert.notEqual((await drop(target)).code, 0);
      assert.match((await failure(host, "drop", "gone")).text, /^instances\/gone\/drop names no archive$/);
    }
    assert.equal((await drop(id(6))).code, 0);
    assert.deepEqual(await kept(), [id(8), `${id(8)}.info`]);
  });

  it("list what the game wrote, also while it runs", async () => {
    await plant(
      "alpha",
      `rm -rf ./*; mkdir d; echo four >"d/$(printf 'odd\\nname')"; mknod gone c 0 0; ln -s x link; touch -d @1000000000 old`,
    );
    await run("systemctl start left4me-server@alpha left4me-list@alpha");
    const told = await run("runuser -u left4me -- tr '\\0' '|' </run/left4me/written/alpha");
    assert.match(told, /\|complete\n$/);
    for (const record of ["f 5 \\d+ d/odd\nname\\|", "w 0 \\d+ gone\\|", "l 0 \\d+ link\\|", "f 0 \\d{10} old\\|"])
      assert.match(told, new RegExp(record));
    assert.doesNotMatch(told, / 1000000000 old/, "the game's own word of a file's time is not taken");
    await run("systemctl stop left4me-server@alpha left4me-overlay@alpha");
    await plant("alpha", "rm -rf ./*; for n in $(seq 1100); do echo >f$n; done");
    const many = await run("systemctl start left4me-list@alpha; tr '\\0' '\\n' </run/left4me/written/alpha");
    assert.equal(many.trim().split("\n").length, 1001);
    assert.match(many, /\ntruncated\n$/);
  });

  it("tell the daemon what the game wrote, by both transports", async () => {
    await plant("alpha", "rm -rf ./*; mkdir d; printf four >d/a; mknod gone c 0 0");
    for (const transport of ["dbus", "sudo"]) {
      const script = `${inGuest.repository}/test/hosts/guest/list-written.ts`;
      const { files, truncated } = JSON.parse(await run(`cd /; runuser -u left4me -- ${inHost.node} ${script} ${transport} alpha`));
      assert.equal(truncated, false);
      assert.deepEqual(
        files.map(({ path, deleted, sizeBytes }: Record<string, unknown>) => [path, deleted, sizeBytes]),
        [
          ["d/a", false, 4],
          ["gone", true, 0],
        ],
      );
      assert.ok(Date.now() - Date.parse(files[0].changeTime) < 60_000);
      assert.equal(
        await run(`cd /; runuser -u left4me -- ${inHost.node} ${script} ${transport} never`),
        '{"files":[],"truncated":false}\n',
      );
    }
  });

  it(`killed at any moment, leave the old state or the new one: ${rounds} resets and restores (seed ${seed})`, async (t) => {
    const random = new Random(seed);
    const seen: Record<string, number> = {};
    await makeInstance(host, "beta");
    const helper = "/usr/libexec/left4me/left4me-overlay";
    const longest = 0.3; // seconds
    const look = `cd ${runtime}/beta/upper 2>/dev/null && echo $(ls | wc -l) $(cat keep/* 2>/dev/null | wc -c) $(cat lost/* 2>/dev/null | wc -c) || echo none`;
    const state = async () => (await run(look)).trim();
    for (let round = 0; round < rounds; round += 1) {
      await plant("beta", "rm -rf ./*; mkdir keep lost; for n in $(seq 400); do echo kept$n >keep/$n.db; echo lost$n >lost/$n; done");
      const old = await state();
      const archive = id(round + 10);
      await run(order("beta", ["keep/*.db"], archive, "3"));
      const killed = (verb: string) =>
        exec(host, [
          "bash",
          "-c",
          `INVOCATION_ID= ${helper} ${verb} beta & sleep ${random.next() * longest}; kill -9 $! 2>/dev/null; wait $!; true`,
        ]);
      await killed("wipe");
      const between = await state();
      const kept = old.replace(/^2/, "1").replace(/ \d+$/, " 0");
      assert.ok([old, kept].includes(between), `${between} is neither ${old} nor ${kept}`);
      const word = between === old ? "old" : "new";
      seen[word] = (seen[word] ?? 0) + 1;
      await run("systemctl start left4me-reset@beta");
      assert.equal(await state(), kept);
      assert.equal(await run(`find ${runtime}/.archives/beta/${archive}/upper -type f | wc -l`), "800\n");
      await run(`ln -sfn ${archive} ${instances}/beta/restore; echo more >${runtime}/beta/upper/more`);
      const written = await state();
      await killed("restore");
      const restored = await state();
      assert.ok([written, old].includes(restored), `${restored} is neither ${written} nor ${old}`);
      const back = restored === old ? "restored" : "not restored";
      seen[back] = (seen[back] ?? 0) + 1;
      await run("systemctl start left4me-restore@beta");
      assert.equal(await state(), old);
      await run(`! ls -A ${runtime}/.fresh | grep .; [[ ! -e ${runtime}/beta/fresh ]]; (( $(ls ${runtime}/.archives/beta | wc -l) <= 6 ))`);
    }
    t.diagnostic(JSON.stringify(seen));
  });

  it(`outlive power cuts as the old state or the new one: ${cuts} times (seed ${seed})`, async (t) => {
    const random = new Random(seed);
    const seen: Record<string, number> = {};
    await makeInstance(host, "gamma");
    const hashOf = async (directory: string, files: string) =>
      (await run(`cd ${directory} && { cat ${files} 2>/dev/null || true; } | sha256sum`)).slice(0, 64);
    const upper = `${runtime}/gamma/upper`;
    const settle = "systemctl start left4me-overlay@gamma; systemctl stop left4me-overlay@gamma";
    for (let round = 0; round < cuts; round += 1) {
      const archive = id(round + 40);
      await plant(
        "gamma",
        `rm -rf ./*; mkdir keep lost; for n in $(seq 300); do echo kept${round}.$n >keep/$n.db; echo lost$n >lost/$n; done`,
      );
      const old = await hashOf(upper, "keep/* lost/*");
      const kept = await hashOf(upper, "keep/*");
      await run(`${order("gamma", ["keep/*.db"], archive, "3")}sync`);
      await run("systemctl start --no-block left4me-reset@gamma");
      await sleep(random.between(0, 300));
      // Without it hardly anything of the last seconds is on the disk.
      if (round % 2 === 1) await run("sync");
      await kill(host);
      await up(host);
      await run(settle);
      const found = await hashOf(upper, "keep/* lost/*");
      assert.ok([old, kept].includes(found), "neither the old state nor the new one");
      const isOld = found === old;
      if (!isOld) assert.equal(await hashOf(`${runtime}/.archives/gamma/${archive}/upper`, "keep/* lost/*"), old, "the archive is whole");
      seen[isOld ? "old" : "new"] = (seen[isOld ? "old" : "new"] ?? 0) + 1;
      await run(`! ls -A ${runtime}/.fresh | grep .; [[ ! -e ${runtime}/gamma/fresh ]]`);
    }
    t.diagnostic(JSON.stringify(seen));
  });

  it("tell left4me nothing of whether root's paths exist", async () => {
    const lists = async () => run("runuser -u left4me -- ls -A /run/left4me/written | grep -v alpha | tr '\\n' ' ' || true");
    const sweep = "systemctl stop left4me-trash.timer left4me-trash.service; systemctl start left4me-trash.service";
    await run(`mkdir -p /root/vault/reset /root/bare; touch /root/vault/there; rm -f /run/left4me/written/*
      systemctl start left4me-list@there left4me-list@absent
      setsid sleep 1000 >/dev/null 2>&1 & touch /run/left4me/written/.being-made.$!; echo $! >/root/writer
      mv ${instances} ${instances}.aside; runuser -u left4me -- ln -s /root/vault ${instances}`);
    await exec(host, ["systemctl", "start", "left4me-reset@absent"]);
    await run(`${sweep}; rm ${instances}; mv ${instances}.aside ${instances}`);
    assert.match((await failure(host, "wipe", "absent")).text, /instances\/absent is not the directory of an instance$/);
    assert.match(await lists(), /^\.being-made\.\d+ absent there $/, "as if each of them were there");
    for (const target of ["/root/vault", "/root/bare"]) {
      await run(`runuser -u left4me -- ln -sfn ${target} ${instances}/liar`);
      await exec(host, ["systemctl", "start", "left4me-reset@liar"]);
      assert.match((await failure(host, "wipe", "liar")).text, /instances\/liar is not the directory of an instance$/);
    }
    await run(`rm ${instances}/liar; ${sweep}`);
    assert.match(await lists(), /^\.being-made\.\d+ $/, "a list that is being made stays");
    await run(`pid=$(cat /root/writer); kill $pid; while [[ -d /proc/$pid ]]; do sleep 0.05; done; ${sweep}`);
    assert.equal(await lists(), "");
  });

  it("go with their instance, also when nobody ordered it", async () => {
    await run(`${order("alpha", [], "", "0")}systemctl start left4me-reset@alpha; [[ ! -e ${runtime}/.archives/alpha ]]`);
    await run(`rm -r ${instances}/beta; systemctl stop left4me-trash.timer left4me-trash.service
      systemctl start left4me-trash.service; [[ ! -e ${runtime}/.archives/beta ]]`);
  });
});

describe("a daemon that is killed during resets and restores", { skip: whyNoHosts() ?? false }, () => {
  let host: DaemonHost;
  before(async () => {
    host = await prepareDaemon("archives-kill", "dbus");
  });
  after(() => host?.end());

  it(`goes on with them: ${rounds} times (seed ${seed})`, async (t) => {
    const random = new Random(seed);
    const seen: Record<string, number> = {};
    const ctl = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await host.ctl(...args);
      assert.equal(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
      return stdout;
    };
    await sh(
      host.name,
      `mkdir -p /root/build/left4dead2; cp /opt/left4me/guest/game.sh /root/build/srcds_run; echo >/root/build/srcds_linux; chmod 755 /root/build/srcds_*
       echo appID=550 >/root/build/left4dead2/steam.inf
       printf 'port: 27333\\npreserve: ["keep/*.db"]\\n' >/root/a.yaml`,
    );
    await ctl("install", "--import", "/root/build");
    await ctl("initialize", "a", "-f", "/root/a.yaml");
    /** Runs a command and kills the daemon meanwhile. @returns whether the command succeeded */
    const killedDuring = async (command: string) => {
      const { stdout } = await exec(host.name, [
        "bash",
        "-c",
        `${inHost.node} ${inGuest.daemon}/l4d2ctl.js --address ${operatorSocket} ${command} >/dev/null 2>&1 & client=$!
         sleep ${0.1 + random.next() * 0.3}; systemctl kill -s KILL left4me-hostd.service; wait $client; echo $?
         systemctl reset-failed left4me-hostd; systemctl restart left4me-hostd`,
      ]);
      return stdout.startsWith("0\n");
    };
    const files = async () =>
      (await exec(host.name, ["bash", "-c", `ls -R ${runtime}/a/upper 2>/dev/null | grep -c '\\.\\(db\\|txt\\)$'`])).stdout.trim();
    for (let round = 0; round < rounds; round += 1) {
      await ctl("start", "a", "--wait-for", "active");
      await ctl("stop", "a");
      await sh(
        host.name,
        `cd ${runtime}/a/upper; rm -rf keep lost; mkdir keep lost; for n in $(seq 100); do echo $n >keep/$n.db; echo $n >lost/$n.txt; done; chown -R left4me-game: .`,
      );
      const before = JSON.parse(await ctl("archives", "a", "--json")).length;
      const answered = await killedDuring("reset a --archive");
      await settled(ctl);
      const count = await files();
      assert.ok(count === "200" || count === "100", `${count} files`);
      const archives = JSON.parse(await ctl("archives", "a", "--json"));
      const isReset = count === "100";
      const word = `${isReset ? "reset" : "not reset"}, ${answered ? "answered" : "not answered"}`;
      seen[word] = (seen[word] ?? 0) + 1;
      assert.ok(isReset || !answered, "what was answered is done");
      assert.equal(archives.length, Math.min(5, before + Number(isReset)));
      if (archives.length === 0) continue;
      await killedDuring(`restore a ${archives[0].id}`);
      await settled(ctl);
      const restored = await files();
      assert.ok(restored === count || restored === "200", `${restored} files`);
      const { id: oldest = "" } = archives.at(-1);
      const removed = await killedDuring(`archives a --delete ${oldest}`);
      await settled(ctl);
      const left: { readonly id: string }[] = JSON.parse(await ctl("archives", "a", "--json"));
      const isGone = !left.some((archive) => archive.id === oldest);
      assert.ok(isGone || !removed, "what was answered is done");
      assert.equal(left.length, archives.length - Number(isGone));
      const fate = `${isGone ? "removed" : "not removed"}, ${removed ? "answered" : "not answered"}`;
      seen[fate] = (seen[fate] ?? 0) + 1;
      // A restart of the daemon that no kill made necessary: whatever was ordered is withdrawn.
      await sh(host.name, "systemctl restart left4me-hostd");
      await settled(ctl);
      await sh(host.name, `[[ ! -L ${instances}/a/drop && ! -L ${instances}/a/restore ]]`);
    }
    t.diagnostic(JSON.stringify(seen));
  });

  /** Waits until nothing is held and no intent is left. */
  async function settled(ctl: (...args: readonly string[]) => Promise<string>): Promise<void> {
    for (let tries = 0; tries < 1200; tries += 1) {
      const { code, stdout } = await host.ctl("status", "a", "--json");
      const record = await sh(host.name, `cat ${instances}/a/record.json`);
      if (code === 0 && JSON.parse(stdout).status.operation === undefined && !record.includes('"intent"')) return;
      await sleep(100);
    }
    assert.fail(`it does not settle: ${await ctl("status", "a", "--json")}`);
  }
});
