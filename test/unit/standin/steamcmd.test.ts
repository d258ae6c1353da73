import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { scratch } from "../host/unpack/scratch.ts";

const standin = join(import.meta.dirname, "../../../standin/steamcmd");

type Place = { readonly directory: string; readonly game: string; readonly env: Record<string, string> };

async function place(context: TestContext, behaviour: Readonly<Record<string, unknown>> = {}): Promise<Place> {
  const directory = await scratch(context);
  const game = join(directory, "game");
  await mkdir(game);
  const env = { HOME: directory, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LEFT4ME_SIM_STEAMCMD: JSON.stringify(behaviour) };
  return { directory, game, env };
}

function words(game: string, platform: string, login = "anonymous"): string[] {
  const text = `+@ShutdownOnFailedCommand 1 +@sSteamCmdForcePlatformType ${platform} +force_install_dir ${game} +login ${login} +app_update 222860 validate +quit`;
  return text.split(" ");
}

type Ran = { readonly stdout: string; readonly status: number | null; readonly signal: NodeJS.Signals | null };

function run({ env }: Place, args: readonly string[], program = join(standin, "steamcmd.sh")): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env, timeout: 120_000 }, (_, stdout) =>
      resolve({ stdout, status: child.exitCode, signal: child.signalCode }),
    );
  });
}

describe("stand-in SteamCMD", { concurrency: 2 }, () => {
  test("a script does what words do; Linux needs Windows first unless an account is given", async (context) => {
    const there = await place(context, { accounts: { me: "secret" } });
    const refused = await run(there, words(there.game, "linux"));
    assert.match(refused.stdout, /^ERROR! Failed to install app '222860' \(Invalid platform\)$/m);
    assert.equal(refused.status, 8);
    const script = join(there.directory, "script");
    writeFileSync(
      script,
      `// both\nforce_install_dir "${there.game}"\nlogin anonymous\n@sSteamCmdForcePlatformType "windows"\napp_update 222860\nquit\n`,
    );
    assert.match((await run(there, ["+runscript", script])).stdout, /^Success! App '222860' fully installed\.$/m);
    assert.ok(!existsSync(join(there.game, "srcds_linux")));
    assert.equal((await run(there, words(there.game, "linux"))).status, 0);
    assert.equal(statSync(join(there.game, "srcds_linux")).mode & 0o111, 0o111);
    const other = await place(context, { accounts: { me: "secret" } });
    assert.equal((await run(other, words(other.game, "linux", "me secret"))).status, 0);
    assert.equal((await run(other, words(other.game, "linux", "me wrong"))).status, 5);
  });

  test("downloads as long and as much as it is told, and leaves no trace of it", async (context) => {
    const there = await place(context, { download_ms: 1500, big_files: [{ path: "left4dead2/big.vpk", bytes: 5_000_000 }] });
    const start = Date.now();
    const child = spawn(join(standin, "steamcmd.sh"), words(there.game, "windows"), { env: there.env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const staging = join(there.game, "steamapps/downloading/222860");
    while (!existsSync(staging) && child.exitCode === null) await pause(20);
    assert.ok(existsSync(staging));
    assert.equal(await ended, 0);
    assert.ok(Date.now() - start >= 1400);
    assert.ok(!existsSync(dirname(staging)));
    assert.equal(statSync(join(there.game, "left4dead2/big.vpk")).size, 5_000_000);
  });

  test("platforms may exclude one another", async (context) => {
    const there = await place(context, { exclusive_platforms: true });
    for (const platform of ["windows", "linux"]) assert.equal((await run(there, words(there.game, platform))).status, 0);
    assert.deepEqual(
      ["srcds.exe", "bin/engine.dll", "srcds_run", "left4dead2/gameinfo.txt"].map((path) => existsSync(join(there.game, path))),
      [false, false, true, true],
    );
  });

  test("updates itself: the shell script goes on, the program asks for it with 42", async (context) => {
    const there = await place(context, { self_update: true });
    assert.equal((await run(there, ["+quit"], join(standin, "linux32/steamcmd"))).status, 42);
    assert.match((await run(there, words(there.game, "windows"))).stdout, /\(Missing configuration\)/);
    assert.equal((await run(there, words(there.game, "windows"))).status, 0);
    const other = await place(context, { self_update: true });
    const { stdout, status } = await run(other, ["+login", "anonymous", "+quit"]);
    assert.match(stdout, /Update complete, launching Steamcmd\.\.\.[\s\S]*Steam Public\.\.\.OK/);
    assert.equal(status, 0);
    assert.equal((await run(other, words(other.game, "windows"))).status, 0);
  });

  test("a copy of it is told by the file beside it, and brings the game's own node", async (context) => {
    const there = await place(context);
    const copy = join(there.directory, "copy");
    cpSync(standin, copy, { recursive: true });
    const content = join(standin, "../tree");
    writeFileSync(
      join(copy, "behaviour.json"),
      JSON.stringify({ content, build_id: "777", failures: [{ failure: "crash", on: "linux", times: 1 }] }),
    );
    const { LEFT4ME_SIM_STEAMCMD: _, ...env } = there.env;
    const own = { ...there, env };
    assert.equal((await run(own, words(there.game, "windows"), join(copy, "steamcmd.sh"))).status, 0);
    assert.equal((await run(own, words(there.game, "linux"), join(copy, "linux32/steamcmd"))).signal, "SIGSEGV");
    assert.equal((await run(own, words(there.game, "linux"), join(copy, "steamcmd.sh"))).status, 0);
    assert.match(readFileSync(join(there.game, "steamapps/appmanifest_222860.acf"), "utf8"), /"buildid"\t\t"777"/);
    const game = await run(own, ["-game", "left4dead2", "-norestart", "+hostport", "0", "+quit"], join(there.game, "srcds_run"));
    assert.equal(game.status, 0);
  });
});
