import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { type RunningGame, startGame } from "./start-game.ts";

/** A namespace of its own, with or without root. */
const UNSHARE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];

// Each test spends its time waiting for a process to start: together they take a fraction.
describe("stand-in: launcher", { concurrency: 4 }, () => {
  test("with -norestart the launcher becomes the game, from its own directory, with the build's own node", async () => {
    const wrapper = `#!/bin/sh\necho own node\nexec ${process.execPath} "$@"\n`;
    await using game = await startGame({
      files: { "bin/node": wrapper, "left4dead2/cfg/server.cfg": "sim_id\n" },
      command: ["/bin/sh", "-c", 'chmod +x bin/node; run=$PWD/srcds_run; cd /; exec "$run" -norestart -ip 127.0.0.1 +hostport 0'],
    });
    await game.ready();
    assert.match(game.output, /^own node$/m);
    assert.doesNotMatch(game.output, /auto-restart/);
    const identity = JSON.parse(/^sim_id: (.*)$/m.exec(game.output)?.[1] ?? "{}");
    assert.equal(identity.pid, game.process.pid);
    assert.equal(identity.cwd, game.directory);
  });

  test("without -norestart the launcher hides crashes", async () => {
    const loop = ["./srcds_run", "-timeout", "0", "-ip", "127.0.0.1", "+hostport", "0", "+sim_crash_after", "0"];
    await using game = await startGame({ command: loop });
    await game.waitFor(/Server will auto-restart if there is a crash\.[\s\S]*(Server restart in 0 seconds[\s\S]*){2}/);
    // The shell acts on a signal between two games.
    assert.equal((await game.stop()).code, 0);
    assert.match(game.output, /Server Quit/);
    await using clean = await startGame({ command: [...loop.slice(0, -2), "+quit"] });
    assert.equal((await clean.exited).code, 0, "a clean exit ends the loop");
  });

  test("without the binary the launcher says so", async () => {
    await using game = await startGame({ command: ["/bin/sh", "-c", "rm srcds_linux; exec ./srcds_run -norestart"] });
    assert.equal((await game.exited).code, 1);
    assert.match(game.output, /binary '\.\/srcds_linux' not found/);
  });

  test("as PID 1 of a namespace it still stops on a signal and really crashes", async (t) => {
    const probe = spawnSync(UNSHARE[0] ?? "", [...UNSHARE.slice(1), "true"], { encoding: "utf8" });
    if (probe.status !== 0) return t.skip(`no PID namespace here: ${probe.stderr}`);
    const command = [...UNSHARE, "./srcds_run", "-norestart", "-ip", "127.0.0.1", "+hostport", "0", "+sim_id"];
    await using game = await startGame({ command });
    await game.ready();
    assert.match(game.output, /"pid":1,/);
    process.kill(await innerPid(game), "SIGINT");
    assert.equal((await game.exited).code, 0);

    await using crash = await startGame({ command: [...command, "+sim_crash_after", "0.1"] });
    await crash.ready();
    assert.deepEqual(await crash.exited, { code: null, signal: "SIGSEGV" });
  });
});

/** The game's pid as this test sees it: the only child of unshare. */
async function innerPid(game: RunningGame): Promise<number> {
  const pid = game.process.pid;
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim());
}
