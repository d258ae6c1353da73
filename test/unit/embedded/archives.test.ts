import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { newArchiveId } from "../../../src/domain/archive-id.ts";
import type { ResetOptions } from "../../../src/host/driver.ts";
import { TemporaryHost } from "../../fixtures/embedded/temporary-host.ts";
import { attack, noExchange } from "../host/files/exchanging.ts";

const alpha = { name: "alpha", uid: "uid-alpha" };

/** Runs a script to its end. */
async function play(host: TemporaryHost, script: string, layers: readonly string[] = []): Promise<string[]> {
  const target = host.game("alpha", `${script}\necho end; exit 0`, { layers });
  await host.start(target);
  await host.until("alpha", ({ activeState }) => activeState === "inactive" || activeState === "failed");
  const entries = await host.entries(target, { type: "history", lines: 1e9, invocationId: host.status("alpha").invocationId });
  const lines = entries.filter(({ event }) => event === undefined).map(({ message }) => message);
  assert.equal(lines.pop(), "end", lines.join("\n"));
  return lines;
}

const upperOf = (host: TemporaryHost) => join(host.root, "runtime/alpha/upper");
const archivesOf = (host: TemporaryHost) => join(host.root, "runtime/.archives/alpha");

let clock = Date.parse("2026-11-29T10:15:00Z");
function archive(keep = 5): NonNullable<ResetOptions["archive"]> {
  clock += 1000;
  return { id: newArchiveId(new Date(clock)), buildId: "b-1", keep };
}

async function ids(host: TemporaryHost): Promise<string[]> {
  return (await host.driver.archives(alpha)).map(({ id }) => id);
}

describe("preserved files", () => {
  test("stay with content, mode and time; others, links and what lies behind links do not", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(
      host,
      `mkdir -p cfg/deep x; echo kept >cfg/banned_a.cfg; chmod 640 cfg/banned_a.cfg; touch -d 2020-01-01 cfg/banned_a.cfg
echo lost >cfg/other.cfg; echo deep >cfg/deep/banned_b.cfg; ln -s /etc/passwd cfg/banned_link.cfg; ln -s /etc cfg/linked
ln cfg/banned_a.cfg cfg/banned_hard.cfg; mkfifo cfg/banned_fifo.cfg; mkdir cfg/banned_dir.cfg; echo x >x/banned_c.cfg
mkdir -p dir/shut; echo shut >dir/shut/banned_d.cfg; chmod 000 dir/shut/banned_d.cfg dir/shut dir`,
    );
    const preserve = ["./cfg//banned_*.cfg", "cfg/linked/passwd", "**/banned_d.cfg"];
    assert.equal(await host.driver.reset(alpha, { preserve }), true);
    const found = execFileSync("find", [upperOf(host), "-mindepth", "1", "-printf", "%P %y %m\\n"], { encoding: "utf8" })
      .trim()
      .split("\n")
      .sort();
    assert.deepEqual(found, [
      "cfg d 755",
      "cfg/banned_a.cfg f 640",
      "cfg/banned_hard.cfg f 640",
      "dir d 700",
      "dir/shut d 700",
      "dir/shut/banned_d.cfg f 0",
    ]);
    assert.equal(statSync(join(upperOf(host), "cfg/banned_a.cfg")).mtime.getFullYear(), 2020);
    assert.deepEqual(await play(host, "cat cfg/banned_a.cfg; [ -e x ] || echo gone"), ["kept", "gone"]);
    assert.equal(await host.driver.reset(alpha, { preserve }), false, "nothing but what is preserved");
    assert.equal(readFileSync(join(upperOf(host), "cfg/banned_a.cfg"), "utf8"), "kept\n");
    assert.equal(await host.driver.reset(alpha), true);
    assert.equal(existsSync(upperOf(host)), false);
  });

  test("names that are no UTF-8 are bytes", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "printf x >\"$(printf 'a\\377b.db')\"; printf y >\"$(printf 'a\\377b.txt')\"");
    await host.driver.reset(alpha, { preserve: ["*.db"] });
    assert.deepEqual(readdirSync(upperOf(host), { encoding: "latin1" }), ["a\xffb.db"]);
  });
});

describe("archives", () => {
  test("hold all of it beside what is preserved; a restore brings bytes, links, modes and whiteouts back", async (t) => {
    const host = await TemporaryHost.open(t);
    const layers = [host.layer({ low: "low\n", "made/again": "low\n" })];
    const write = `echo one >mine; mkdir d; ln -s ../mine d/link; chmod 711 d; rm low; rm -r made; mkdir made; echo kept >keep.db`;
    const look = `cat mine keep.db; readlink d/link; stat -c %a d; ls made; [ -e low ] || echo gone`;
    await play(host, write, layers);
    const order = archive();
    assert.equal(await host.driver.reset(alpha, { preserve: ["*.db"], archive: order }), true);
    const [kept] = await host.driver.archives(alpha);
    assert.deepEqual([kept?.id, kept?.buildId, kept?.createTime.getTime()], [order.id, "b-1", clock]);
    assert.ok((kept?.sizeBytes ?? 0) >= 4096, `${kept?.sizeBytes}`);
    assert.deepEqual(await play(host, "cat keep.db low; echo changed >>keep.db; echo two >mine", layers), ["kept", "low"]);
    for (let round = 0; round < 2; round += 1) {
      await host.driver.restoreArchive(alpha, order.id);
      assert.deepEqual(await play(host, look, layers), ["one", "kept", "../mine", "711", "gone"]);
      await play(host, "echo two >mine", layers);
    }
    assert.deepEqual(await ids(host), [order.id], "the archive stays");
  });

  test("are not made of nothing; so many stay, the newest; a reset that is done again makes none", async (t) => {
    const host = await TemporaryHost.open(t);
    assert.equal(await host.driver.reset(alpha, { preserve: [], archive: archive() }), false);
    await play(host, "true");
    assert.equal(await host.driver.reset(alpha, { preserve: [], archive: archive() }), false);
    assert.deepEqual(await ids(host), []);
    const made: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      await play(host, `echo ${count} >mine`);
      const order = archive(2);
      assert.equal(await host.driver.reset(alpha, { preserve: [], archive: order }), true);
      assert.equal(await host.driver.reset(alpha, { preserve: [], archive: order }), false);
      made.unshift(order.id);
    }
    assert.deepEqual(await ids(host), made.slice(0, 2));
    assert.deepEqual(
      readdirSync(archivesOf(host)).sort(),
      made
        .slice(0, 2)
        .flatMap((id) => [id, `${id}.info`])
        .sort(),
    );
    await host.driver.remove(alpha);
    assert.equal(existsSync(archivesOf(host)), false);
  });

  test("of another driver are refused, and those that are missing", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "echo one >mine");
    const order = archive();
    await host.driver.reset(alpha, { preserve: [], archive: order });
    await assert.rejects(host.driver.restoreArchive(alpha, newArchiveId(new Date(0))), { reason: "ARCHIVE_NOT_FOUND" });
    await play(host, "echo two >mine");
    writeFileSync(join(archivesOf(host), order.id, "format"), "driver=systemd xattr=trusted uid=1 gid=1\n");
    await assert.rejects(host.driver.restoreArchive(alpha, order.id), { reason: "UPPER_INCOMPATIBLE" });
    assert.deepEqual(await play(host, "cat mine"), ["two"]);
  });
});

describe("copies", () => {
  const noVictim = (process.getuid?.() !== 0 && "only root reads more than the game") || noExchange;
  test("hold nothing of where a link leads that has taken a directory's place", { skip: noVictim }, async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "mkdir d; for n in 0 1 2 3 4 5 6 7 8 9; do echo theirs >d/$n; done");
    const outside = join(host.root, "outside");
    mkdirSync(outside);
    for (const name of [..."0123456789", "secret"]) writeFileSync(join(outside, name), "secret", { mode: 0o600 });
    const order = archive();
    await host.driver.reset(alpha, { preserve: [], archive: order });
    symlinkSync(outside, join(host.root, "link"));
    const stop = await attack(join(archivesOf(host), order.id, "upper/d"), join(host.root, "link"));
    try {
      for (let attempt = 0; attempt < 30; attempt += 1) {
        await host.driver.restoreArchive(alpha, order.id).catch(() => {}); // it may be kept from its end
        const found = execFileSync("sh", ["-c", 'grep -rls secret "$1"; true', "sh", join(host.root, "runtime/alpha")]).toString();
        assert.equal(found, "", `attempt ${attempt}`);
      }
    } finally {
      await stop();
    }
  });

  test("are made also of what its owner may not read", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "mkdir -p a/b; echo shut >a/b/f; ln -s f a/b/l; mkfifo p; chmod 000 a/b/f p a/b a .");
    const order = archive();
    await host.driver.reset(alpha, { preserve: [], archive: order });
    await host.driver.restoreArchive(alpha, order.id);
    for (const path of [".", "a", "a/b", "a/b/f"]) chmodSync(join(upperOf(host), path), 0o700);
    assert.deepEqual(await play(host, "cat a/b/l; [ -p p ] && echo pipe"), ["shut", "pipe"]);
  });

  test("hold files of the layers that the game has changed, and it may change them again", async (t) => {
    const host = await TemporaryHost.open(t);
    const layers = [host.layer({ "d/low": "low\n" })];
    await play(host, "echo more >>d/low", layers);
    const order = archive();
    await host.driver.reset(alpha, { preserve: [], archive: order });
    await host.driver.restoreArchive(alpha, order.id);
    assert.deepEqual(await play(host, "echo again >>d/low; cat d/low; touch d/new && ls d", layers), [
      "low",
      "more",
      "again",
      "low",
      "new",
    ]);
  });

  test("keep holes, whatever the name of the file", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, 'truncate -s 2G hole.db; echo end >>hole.db; cp --sparse=always hole.db "$(printf "a\\377b.db")"');
    const order = archive();
    await host.driver.reset(alpha, { preserve: ["*.db"], archive: order });
    await host.driver.restoreArchive(alpha, order.id);
    for (const directory of [upperOf(host), join(archivesOf(host), order.id, "upper")]) {
      const shown = execFileSync("sh", ["-c", 'for f in *.db; do stat -c %s "$f"; tail -c 4 "$f"; done; du -sm .'], { cwd: directory });
      assert.match(shown.toString(), /^(2147483652\nend\n){2}[0-9]\t\.\n$/);
    }
  });

  test("that the disk has no room for are not left behind", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "echo one >mine");
    const order = archive();
    await host.driver.reset(alpha, { preserve: [], archive: order });
    await play(host, "truncate -s 1M hole.db; echo two >mine");
    const bin = join(host.root, "bin");
    mkdirSync(bin);
    const half = `#!/bin/sh\nfor last; do :; done\n[ -d "$last" ] && last=$last/half; echo half >"$last"\n`;
    writeFileSync(join(bin, "cp"), `${half}echo "cp: error writing 'x': No space left on device" >&2; exit 1\n`, { mode: 0o755 });
    const path = process.env["PATH"];
    process.env["PATH"] = `${bin}:${path}`;
    t.after(() => {
      process.env["PATH"] = path;
    });
    await assert.rejects(host.driver.restoreArchive(alpha, order.id), { reason: "DISK_FULL" });
    assert.equal(existsSync(join(host.root, "runtime/alpha/next.new")), false);
    await assert.rejects(host.driver.reset(alpha, { preserve: ["*.db"], archive: archive() }), { reason: "DISK_FULL" });
    assert.equal(existsSync(join(host.root, "runtime/alpha/next.new")), false);
    process.env["PATH"] = path;
    assert.deepEqual(await play(host, "cat mine"), ["two"]);
  });
});

describe("a daemon that is killed", () => {
  test("before the old upper has gone leaves the old state", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "echo one >mine; echo k >keep.db");
    const runtime = join(host.root, "runtime/alpha");
    for (const name of ["next.new", "next"]) {
      mkdirSync(join(runtime, name));
      writeFileSync(join(runtime, name, "keep.db"), "half");
      assert.deepEqual(await play(host, "cat mine keep.db"), ["one", "k"], name);
      assert.equal(existsSync(join(runtime, name)), false, name);
    }
  });

  test("after it leaves the new state, and the archive", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "echo one >mine; echo k >keep.db");
    const runtime = join(host.root, "runtime/alpha");
    const order = archive();
    mkdirSync(join(runtime, "next"), { mode: 0o755 });
    writeFileSync(join(runtime, "next/keep.db"), "k\n");
    if (process.getuid?.() === 0) execFileSync("chown", ["-R", "--reference", join(runtime, "upper"), join(runtime, "next")]);
    mkdirSync(join(archivesOf(host), `.new-${order.id}`), { recursive: true });
    renameSync(join(runtime, "upper"), join(archivesOf(host), `.new-${order.id}/upper`));
    assert.equal(await host.driver.reset(alpha, { preserve: ["*.db"], archive: order }), false);
    assert.deepEqual(await ids(host), [order.id]);
    assert.deepEqual(readdirSync(upperOf(host)), ["keep.db"]);
    assert.ok(lstatSync(join(archivesOf(host), order.id, "upper/mine")).isFile());
    assert.deepEqual(await play(host, "cat keep.db; [ -e mine ] || echo gone"), ["k", "gone"]);
  });

  test("while a directory was made anew leaves it as it was to the next start, reset or restore", async (t) => {
    const host = await TemporaryHost.open(t);
    await play(host, "mkdir -p cfg/deep; echo k >cfg/deep/keep.db; echo one >mine");
    const runtime = join(host.root, "runtime/alpha");
    const setAside = () => {
      mkdirSync(join(runtime, "renewed/cfg%2Fdeep"), { recursive: true });
      renameSync(join(upperOf(host), "cfg/deep"), join(runtime, "renewed/cfg%2Fdeep/old"));
    };
    setAside();
    assert.deepEqual(await play(host, "cat cfg/deep/keep.db"), ["k"]);
    setAside();
    const order = archive();
    await host.driver.reset(alpha, { preserve: ["**/*.db"], archive: order });
    assert.ok(existsSync(join(archivesOf(host), order.id, "upper/cfg/deep/keep.db")));
    assert.deepEqual(await play(host, "cat cfg/deep/keep.db; echo two >cfg/deep/keep.db"), ["k"]);
    setAside();
    await host.driver.restoreArchive(alpha, order.id);
    assert.equal(existsSync(join(runtime, "renewed")), false);
    assert.deepEqual(await play(host, "cat cfg/deep/keep.db mine"), ["k", "one"]);
  });
});
