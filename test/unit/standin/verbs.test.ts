import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { RconClient } from "./rcon.ts";
import { startGame, startWithConfig } from "./start-game.ts";

// Each test spends its time waiting for a process to start: together they take a fraction.
describe("stand-in: verbs and files", { concurrency: 4 }, () => {
  test("verbs look at the tree and change it, in order", async () => {
    await using game = await startWithConfig(
      [
        "sim_ls left4dead2/addons",
        "sim_mkdir a/b",
        "sim_write a/b/c.txt hello world",
        "sim_append a/b/c.txt !",
        "sim_cat a/b/c.txt",
        "sim_stat a/b/c.txt",
        "sim_mv a/b/c.txt a/d.txt",
        "sim_ls a",
        "sim_rm a",
        "sim_stat a",
        "sim_cat a/d.txt",
        "sim_write no/where x",
        "sim_cat left4dead2",
        "sim_mv one",
        "sim_rm left4dead2/motd.txt",
      ],
      ["+sim_cat", "left4dead2/motd.txt", "+sim_write", "with blank.txt", "a;b", "+sim_cat", "with blank.txt"],
    );
    await game.ready();
    const uid = process.getuid?.();
    assert.deepEqual(game.configurationOutput, [
      'sim_ls left4dead2/addons: ["readme.txt"]',
      "sim_mkdir a/b: ok",
      "sim_write a/b/c.txt: ok",
      "sim_append a/b/c.txt: ok",
      'sim_cat a/b/c.txt: "hello world!"',
      `sim_stat a/b/c.txt: {"type":"file","mode":"0644","uid":${uid},"size":12}`,
      "sim_mv a/b/c.txt a/d.txt: ok",
      'sim_ls a: ["b","d.txt"]',
      "sim_rm a: ok",
      "sim_stat a: error ENOENT",
      "sim_cat a/d.txt: error ENOENT",
      "sim_write no/where: error ENOENT",
      "sim_cat left4dead2: error EISDIR",
      "sim_mv one: error EINVAL",
      "sim_rm left4dead2/motd.txt: ok",
      "sim_cat left4dead2/motd.txt: error ENOENT",
      "sim_write with blank.txt: ok",
      'sim_cat with blank.txt: "a;b"',
    ]);
  });

  test("verbs tell what the process was given, and shape its output", async () => {
    await using game = await startGame({
      files: { "left4dead2/cfg/server.cfg": "sim_argv\nsim_env\nsim_id\nsim_flood 3 20\nsim_raw 61ff0a62\n" },
      args: ["+sim_players", "1"],
      env: { SECRET_THING: "value" },
    });
    await game.ready();
    const [argv = "", env = "", id = "", ...output] = game.configurationOutput;
    assert.deepEqual(JSON.parse(argv.replace("sim_argv: ", "")).slice(-4), ["+hostport", "0", "+sim_players", "1"]);
    const names: string[] = JSON.parse(env.replace("sim_env: ", ""));
    assert.ok(names.includes("SECRET_THING") && names.includes("PATH"));
    assert.doesNotMatch(game.output, /value/);
    const identity = JSON.parse(id.replace("sim_id: ", ""));
    assert.deepEqual(
      [identity.uid, identity.gid, identity.pid, identity.cwd],
      [process.getuid?.(), process.getgid?.(), game.process.pid, game.directory],
    );
    assert.match(identity.capEff, /^[0-9a-f]{16}$/);
    assert.equal(typeof identity.noNewPrivs, "boolean");
    assert.deepEqual(output.slice(0, 3), ["sim_flood 1/3 xxxxxx", "sim_flood 2/3 xxxxxx", "sim_flood 3/3 xxxxxx"]);
    // No line end of its own: the next line follows at once.
    assert.ok(game.rawOutput.includes(Buffer.from("a\xff\nbNetwork: IP", "latin1")));
  });

  test("it writes what a real server writes, again at the next start", async () => {
    await using game = await startWithConfig([
      "rcon_password x",
      "banid 0 STEAM_1:0:5",
      "banid 30 STEAM_1:0:6",
      "writeid",
      "sim_write_loop loop.txt 10",
    ]);
    await using client = await RconClient.open(await game.ready());
    await client.login("x");
    await client.text("say hello log");
    while (!(await client.text("sim_cat loop.txt")).includes("sim_write_loop 2")) await client.text("sim_sleep 0.01");
    await game.stop();
    const at = (path: string) => join(game.directory, path);
    const [log = ""] = await readdir(at("left4dead2/logs"));
    assert.match(log, /^L\d{7}\.log$/);
    const text = await readFile(at(`left4dead2/logs/${log}`), "utf8");
    assert.match(text, /^L \d\d\/\d\d\/\d{4} - \d\d:\d\d:\d\d: Log file started \(file "left4dead2\/logs\/L/);
    assert.match(text, /: "Console<0><Console><Console>" say "hello log"\n/);
    assert.match(text, /: Log file closed\n$/);
    assert.equal(await readFile(at("left4dead2/cfg/banned_user.cfg"), "utf8"), "banid 0 STEAM_1:0:5\n");
    assert.match(await readFile(at("loop.txt"), "utf8"), /^sim_write_loop 1\nsim_write_loop 2\n/);
    const database = at("left4dead2/addons/sourcemod/data/sqlite/clientprefs-sqlite.sq3");
    const first = await readFile(database);
    assert.ok(first.length === 4096 && first.toString("latin1").startsWith("SQLite format 3\0"));
    assert.equal(first.readUInt32BE(24), 1);

    await writeFile(at("left4dead2/cfg/server.cfg"), "banid 0 STEAM_1:0:7\nexec banned_user.cfg\nwriteid\n");
    await using again = await startGame({
      command: [at("srcds_run"), "-norestart", "-ip", "127.0.0.1", "-port", "0"],
      cwd: "/",
    });
    await again.ready();
    await again.stop();
    assert.equal((await readFile(database)).readUInt32BE(24), 2);
    assert.equal(await readFile(at("left4dead2/cfg/banned_user.cfg"), "utf8"), "banid 0 STEAM_1:0:7\nbanid 0 STEAM_1:0:5\n");
    assert.equal((await readdir(at("left4dead2/logs"))).length, 2);
  });

  test("what it cannot write costs a line on the console, not the game", async () => {
    await using game = await startGame({
      files: {
        "left4dead2/logs": "a file where a folder should be",
        "left4dead2/addons/sourcemod": "another",
        "left4dead2/cfg/server.cfg": "sim_mkdir left4dead2/cfg/banned_user.cfg\nwriteid\nsim_write_loop no/file 10\n",
      },
    });
    await game.ready();
    assert.match(game.output, /^writeid: couldn't write left4dead2\/cfg\/banned_user\.cfg: EISDIR$/m);
    assert.match(game.output, /^Couldn't write a log file to left4dead2\/logs: EEXIST$/m);
    assert.match(game.output, /^Couldn't write left4dead2\/addons\/sourcemod\/data\/sqlite\/\S+: ENOTDIR$/m);
    await game.waitFor(/^sim_write_loop no\/file: error ENOENT$/m);
    assert.equal((await game.stop()).code, 0);
  });
});
