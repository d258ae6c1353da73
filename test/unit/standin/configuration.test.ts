import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startGame, startWithConfig } from "./start-game.ts";

// Each test spends its time waiting for a process to start: together they take a fraction.
describe("stand-in: configuration", { concurrency: 4 }, () => {
  test("console text: quotes, separators, comments, aliases, unknown commands", async () => {
    await using game = await startWithConfig([
      'hostname "My server; really" // the rest is a comment',
      "hostname",
      "HostName",
      "sv_contact several words unquoted",
      "sv_contact",
      "sv_downloadurl http://example.net/x",
      "sv_downloadurl",
      'alias x "say a; say b"',
      "x; echo c",
      'echo "two  blanks" plain',
      "  // nothing here",
      "\tfoo 1\r",
      "exec missing",
      "sm_cvar hostname changed",
      "sm_cvar nothing 1",
      'echo "open quote; still it',
    ]);
    await game.ready();
    assert.deepEqual(game.configurationOutput, [
      '"hostname" = "My server; really"',
      '"hostname" = "My server; really"',
      '"sv_contact" = "several words unquoted"',
      // An unquoted URL loses all behind its slashes, on real servers too.
      '"sv_downloadurl" = "http:"',
      "Console: a",
      "Console: b",
      "c",
      "two  blanks plain",
      'Unknown command "foo"',
      "exec: couldn't exec missing.cfg",
      '[SM] Changed cvar "hostname" to "changed".',
      "[SM] Unable to find cvar: nothing",
      "open quote; still it",
    ]);
  });

  test("the last write wins: environment, server.cfg, files where they are executed, arguments", async () => {
    await using game = await startGame({
      files: {
        "left4dead2/cfg/other.cfg": 'hostname first; sim_players\nsim_players 2\nexec "deep/er.cfg"\nsv_contact other',
        "left4dead2/cfg/deep/er.cfg": "hostname deep; hostname",
        "left4dead2/cfg/mine.cfg": "sv_contact mine\nexec other\nhostname\nsv_contact last\nexec ../cfg/mine.cfg",
        "left4dead2/cfg/server.cfg": "echo the wrong file",
      },
      args: ["+sv_contact", "+servercfgfile", "mine.cfg", "+hostname", "from; arguments", "+hostname", "+echo", "a", "b"],
      env: { LEFT4ME_SIM_PLAYERS: "1" },
    });
    await game.ready();
    assert.deepEqual(game.configurationOutput, [
      '"sim_players" = "1"',
      '"hostname" = "deep"',
      '"hostname" = "deep"',
      "exec: couldn't exec ../cfg/mine.cfg",
      '"sv_contact" = "last"',
      '"hostname" = "from; arguments"',
      "a b",
    ]);
    assert.match(game.output, /Executing dedicated server config file mine\.cfg/);
  });

  test("files and aliases that execute themselves come to an end", async () => {
    await using game = await startGame({
      files: {
        "left4dead2/cfg/server.cfg": 'alias y "y; y"\ny\nexec self\necho after',
        "left4dead2/cfg/self.cfg": "exec self\n",
      },
    });
    await game.ready();
    const complaint = "Commands execute each other without end, ignoring the rest";
    // Once for all of the file, however often the limits are met, and a stop still works.
    assert.deepEqual(game.configurationOutput, [complaint]);
    assert.equal((await game.stop()).code, 0);
  });

  test("sim_sleep delays what follows, and a stop need not wait for it", async () => {
    await using game = await startWithConfig(["echo before", "sim_sleep 0.2", "echo after", "sim_sleep 60", "echo never"]);
    await game.waitFor(/^before\nafter$/m);
    assert.deepEqual(await game.stop(), { code: 0, signal: null });
    assert.doesNotMatch(game.output, /never|Network/);
  });

  test("without a server.cfg the game boots all the same", async () => {
    await using game = await startGame({ args: ["+map", "c2m1_highway", "-maxplayers", "12"] });
    await game.ready();
    assert.deepEqual(game.configurationOutput, ["exec: couldn't exec server.cfg"]);
    for (const line of [
      "#Console initialized.",
      '#Game_srv.so loaded for "Left 4 Dead 2"',
      "Game supporting (2) split screen players",
      'Loading map "c2m1_highway"',
      "maxplayers set to 12",
      "Server is hibernating",
    ]) {
      assert.ok(game.output.split("\n").includes(line), line);
    }
  });
});
