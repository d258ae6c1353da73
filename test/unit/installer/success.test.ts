import assert from "node:assert/strict";
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { account, type Behaviour, InstallerPlace, type Outcome, standin } from "./installer-run.ts";

const success = "Success! App '222860' fully installed.";

describe("installer: success", { concurrency: 3 }, () => {
  test("both platforms from nothing: proofs, client libraries, listing, files for the group", async (context) => {
    const place = await InstallerPlace.make(context);
    const outcome = await place.install({ behaviour: { leave_downloading: true, download_ms: 600 } });
    assertGood(outcome);
    assert.equal(outcome.lines.filter((line) => line === success).length, 2);
    assert.equal(statSync(join(place.game, "srcds_linux")).mode & 0o100, 0o100);
    assert.ok(existsSync(join(place.game, "srcds.exe")));
    for (const [from, to] of [
      ["linux32", "sdk32"],
      ["linux64", "sdk64"],
    ])
      assert.deepEqual(
        readFileSync(join(place.game, `.steam/${to}/steamclient.so`)),
        readFileSync(join(standin, `${from}/steamclient.so`)),
      );
    assert.deepEqual(readdirSync(join(place.game, "steamapps")).sort(), ["appmanifest_222860.acf", "depots_222860.json"]);
    assert.deepEqual(place.listing(), everythingBelow(place.game));
    for (const name of readdirSync(place.outbox)) assert.equal(statSync(join(place.outbox, name)).mode & 0o777, 0o640);
    assert.deepEqual(readdirSync(place.home), ["Steam"]);
    const { events } = outcome;
    assert.deepEqual([events[0], events.at(-1)], [{ type: "hello", job: "0123456789abcdef" }, { type: "end" }]);
    const phases = events.flatMap((event) => (event.type === "progress" ? [event.phase] : []));
    assert.deepEqual([...new Set(phases)], ["PREPARING", "VERIFYING", "DOWNLOADING"]);
    assert.ok(
      events.some(
        (event) => event.type === "progress" && (event.doneBytes ?? 0) > 0 && (event.totalBytes ?? 0) > 1000 && (event.percent ?? 0) > 0,
      ),
    );
  });

  test("an account: its password stands nowhere, and the runs use it", async (context) => {
    const place = await InstallerPlace.make(context);
    const outcome = await place.install({ withAccount: true });
    assertGood(outcome);
    assert.ok(outcome.lines.some((line) => line.startsWith(`Logging in user '${account.name}'`)));
    assert.ok(outcome.lines.includes(`debug: login ${account.name} [password], twice: [password][password]`));
    assert.ok(
      outcome.lines.some((line) => line.endsWith("xxx[pass")),
      "a password across the place where a long line is cut",
    );
    assert.deepEqual(place.filesWith(account.password), []);
    assert.deepEqual(place.filesWith(account.password.slice(0, 8)), []);
  });

  test("credentials of a unit may be readable by a group; an empty file means anonymous", async (context) => {
    const place = await InstallerPlace.make(context);
    const credentials = join(place.directory, "credentials");
    mkdirSync(credentials);
    writeFileSync(join(credentials, "steam-account"), `${account.name}\n${account.password}`, { mode: 0o440 });
    const named = await place.install({ env: { CREDENTIALS_DIRECTORY: credentials } });
    assertGood(named);
    assert.ok(named.lines.some((line) => line.startsWith(`Logging in user '${account.name}'`)));
    writeFileSync(join(place.directory, "empty"), "\n");
    const unnamed = await place.install({
      env: { CREDENTIALS_DIRECTORY: credentials, LEFT4ME_STEAM_ACCOUNT_FILE: join(place.directory, "empty") },
    });
    assert.ok(unnamed.lines.some((line) => line.startsWith("Connecting anonymously")));
  });

  test("an update changes, adds and deletes files and makes a directory anew; it verifies nothing unless told to", async (context) => {
    const place = await InstallerPlace.make(context);
    const before: Behaviour = { build_id: "100", files: { "left4dead2/gone.txt": "old", "left4dead2/changed.txt": "old" } };
    assertGood(await place.install({ behaviour: before }));
    const directory = statSync(join(place.game, "left4dead2/particles")).ino;
    const untouched = statSync(join(place.game, "srcds_run"));
    writeFileSync(join(place.game, "left4dead2/particles/ours.txt"), "goes with its directory");

    const after: Behaviour = { build_id: "101", files: { "left4dead2/changed.txt": "new", "left4dead2/added/too.txt": "new" } };
    const updated = await place.install({ behaviour: after });
    assertGood(updated);
    assert.ok(updated.lines.some((line) => line.includes("updates the game as anonymous")));
    assert.ok(!updated.lines.some((line) => line.includes("(0x5)")));
    const text = (path: string) => readFileSync(join(place.game, "left4dead2", path), "utf8");
    assert.deepEqual([text("changed.txt"), text("added/too.txt"), text("scripts/build.txt")], ["new", "new", "build 101\n"]);
    for (const path of ["gone.txt", "maps/only-in-100.txt", "particles/ours.txt"])
      assert.ok(!existsSync(join(place.game, "left4dead2", path)), path);
    assert.notEqual(statSync(join(place.game, "left4dead2/particles")).ino, directory);
    assert.equal(statSync(join(place.game, "srcds_run")).ino, untouched.ino);
    assert.match(readFileSync(join(place.game, "steamapps/appmanifest_222860.acf"), "utf8"), /"buildid"\s+"101"/);
    assert.deepEqual(place.listing(), everythingBelow(place.game));

    const current = await place.install({ behaviour: after });
    assertGood(current);
    assert.equal(current.lines.filter((line) => line === "Success! App '222860' already up to date.").length, 2);
    writeFileSync(join(place.game, "left4dead2/changed.txt"), "damaged");
    const verified = await place.install({ behaviour: after, order: { validate: true } });
    assertGood(verified);
    assert.equal(text("changed.txt"), "new");
    assert.equal(verified.lines.filter((line) => line === success).length, 2);
  });

  test("platforms that remove the files of one another: the Linux version is what stays, from nothing and updated", async (context) => {
    const place = await InstallerPlace.make(context);
    for (const build_id of ["100", "101", "101"]) {
      assertGood(await place.install({ behaviour: { exclusive_platforms: true, build_id } }));
      const listing = place.listing();
      assert.deepEqual(
        ["srcds_linux", "srcds_run", `left4dead2/maps/only-in-${build_id}.txt`, "srcds.exe"].map((path) => listing.includes(path)),
        [true, true, true, false],
      );
    }
  });

  test("SteamCMD updates itself first, through its shell script and without it", async (context) => {
    const behaviour = { self_update: true };
    const byScript = await (await InstallerPlace.make(context)).install({ behaviour });
    assertGood(byScript);
    assert.equal(byScript.lines.filter((line) => line.includes("is run again")).length, 0);
    const direct = await (await InstallerPlace.make(context)).install({
      behaviour,
      env: { LEFT4ME_STEAMCMD: join(standin, "linux32/steamcmd") },
    });
    assertGood(direct);
    assert.equal(direct.lines.filter((line) => line.includes("is run again")).length, 1);
    for (const { lines } of [byScript, direct]) assert.ok(!lines.some((line) => line.includes("Missing configuration")), "primed in time");
  });

  test("what passes by itself is tried again, and told", async (context) => {
    const failures = [
      { failure: "no_connection", times: 1 },
      { failure: "missing_configuration", on: "windows", times: 2 },
      { failure: "appinfo_timeout", on: "linux", times: 1 },
      { failure: "state", state: "0x402", on: "windows", times: 1 },
      { failure: "state", state: "0x602", on: "linux", times: 2 },
    ];
    const outcome = await (await InstallerPlace.make(context)).install({ behaviour: { failures } });
    assertGood(outcome);
    const notes = outcome.lines.filter((line) => line.startsWith("left4me: ") && line.includes(" follows in "));
    assert.equal(notes.length, 7);
    assert.ok(notes.includes("left4me: the network failed (state 0x402), in 3 tries; try 4 of 4 follows in 0.012 s"), notes.join("\n"));
  });

  test("a crash behind the success does not matter when the proofs are there", async (context) => {
    assertGood(await (await InstallerPlace.make(context)).install({ behaviour: { failures: [{ failure: "crash_behind_success" }] } }));
  });

  test("without script(1) SteamCMD prints into a pipe, and that is told", async (context) => {
    const place = await InstallerPlace.make(context);
    const programs = join(place.directory, "bin");
    mkdirSync(programs);
    for (const [name, file] of Object.entries({ node: process.execPath, sh: "/bin/sh" })) symlinkSync(file, join(programs, name));
    const outcome = await place.install({ env: { PATH: programs } });
    assertGood(outcome);
    assert.ok(outcome.lines.some((line) => line.startsWith("left4me: no terminal for SteamCMD")));
    const { lines } = await place.install({ order: { validate: true } });
    assert.ok(!lines.some((line) => line.includes("no terminal")), "with it there is one");
  });

  test("another locale, endless lines, bytes that are no text", async (context) => {
    const failures = [
      { failure: "endless_line", on: "windows", bytes: 300_000 },
      { failure: "invalid_utf8", on: "linux" },
    ];
    const outcome = await (await InstallerPlace.make(context)).install({ behaviour: { decimal: ",", failures } });
    assertGood(outcome);
    assert.ok(outcome.lines.some((line) => /progress: \d+,\d\d \(/.test(line)));
    assert.ok(outcome.events.some((event) => event.type === "progress" && event.percent !== undefined && event.percent % 1 !== 0));
    const endless = outcome.lines.filter((line) => line.includes("endless"));
    assert.equal(endless.join("").length, 300_000);
    assert.ok(endless.every((line) => line.length <= 4000));
    assert.ok(outcome.lines.includes("foo\ufffd\ufffd\ufffd \ufffd"));
    assert.ok(outcome.lines.includes("\ufffd\u0007bar"));
  });

  test("only so many lines are kept, and it says so once", async (context) => {
    const failures = [{ failure: "many_lines", on: "windows", lines: 100_000 }];
    const place = await InstallerPlace.make(context);
    const outcome = await place.install({ behaviour: { failures } });
    assertGood(outcome);
    assert.equal(outcome.lines.filter((line) => line.includes("further lines are left out")).length, 1);
    assert.ok(statSync(join(place.outbox, "events-0123456789abcdef")).size < 65 * 2 ** 20);
  });

  test("what earlier jobs left in the outbox is removed; a call that cannot be used ends with 2", async (context) => {
    const place = await InstallerPlace.make(context);
    writeFileSync(join(place.outbox, "events-00000000"), "{}\n");
    writeFileSync(join(place.outbox, "listing-00000000"), "x\0");
    writeFileSync(join(place.home, "runscript-old.txt"), `login x "${account.password}"`);
    assertGood(await place.install());
    assert.deepEqual(readdirSync(place.outbox).sort(), ["events-0123456789abcdef", "listing-0123456789abcdef"]);
    assert.deepEqual(readdirSync(place.home), ["Steam"]);
    for (const env of [
      { HOME: undefined },
      { LEFT4ME_INSTALL_RETRY_MS: "soon" },
      { LEFT4ME_STEAMCMD_ADDRESS: "http://user:hidden@127.0.0.1/" },
      { LEFT4ME_STEAMCMD_ADDRESS: "file:///etc/passwd" },
    ]) {
      const refused = await place.install({ env });
      assert.equal(refused.exitCode, 2);
      assert.match(refused.stderr, /^left4me-installer: (?:HOME|LEFT4ME_INSTALL_RETRY_MS|LEFT4ME_STEAMCMD_ADDRESS): /);
      assert.doesNotMatch(refused.stderr, /hidden/);
    }
  });
});

function assertGood({ exitCode, failure, stderr, events }: Outcome): void {
  assert.deepEqual({ exitCode, failure, stderr }, { exitCode: 0, failure: undefined, stderr: "" });
  assert.deepEqual(events.at(-1), { type: "end" });
}

function everythingBelow(directory: string): string[] {
  return globSync(["**/*", "**/.*", "**/.*/**"], { cwd: directory })
    .filter((path) => path !== ".")
    .filter((path, index, all) => all.indexOf(path) === index)
    .sort();
}
