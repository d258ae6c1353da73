import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFile, readlink } from "node:fs/promises";
import { describe, test } from "node:test";
import { QueryClient, request } from "./query.ts";
import { RconClient } from "./rcon.ts";
import { startGame, startWithConfig } from "./start-game.ts";

const info = request(0x54, "Source Engine Query\0");

// Each test spends its time waiting for a process to start: together they take a fraction.
describe("stand-in: modes", { concurrency: 4 }, () => {
  test("SIGINT and SIGTERM stop it cleanly, also while it boots", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      await using game = await startGame();
      await game.ready();
      assert.deepEqual(await game.stop(signal), { code: 0, signal: null });
      assert.match(game.output, new RegExp(`Server shutting down \\(${signal}\\)`));
    }
    await using slow = await startWithConfig(["sim_boot_delay 60"]);
    await slow.waitFor(/Executing dedicated/);
    assert.deepEqual(await slow.stop(), { code: 0, signal: null });
    assert.doesNotMatch(slow.output, /Network/);
  });

  test("sim_boot_delay holds the port back", async () => {
    const from = performance.now();
    await using game = await startGame({ args: ["+sim_boot_delay", "3"] });
    await game.ready();
    assert.ok(performance.now() - from >= 2990);
  });

  test("it ends by itself: a real SIGSEGV, an exit code, before the boot, on quit", async () => {
    await using crash = await startWithConfig(["sim_crash_after 0.1"]);
    await crash.ready();
    assert.deepEqual(await crash.exited, { code: null, signal: "SIGSEGV" });

    await using exit = await startGame({ args: ["+sim_exit_after", "0", "+sim_exit_code", "7"] });
    assert.equal((await exit.exited).code, 7);
    assert.doesNotMatch(exit.output, /Network/, "0 seconds are before the port");

    await using early = await startGame({ env: { LEFT4ME_SIM_EXIT_BEFORE_BOOT: "3" } });
    assert.equal((await early.exited).code, 3);
    assert.match(early.output, /FATAL ERROR/);

    await using quit = await startWithConfig(["sim_crash_on_quit 1"]);
    await quit.ready();
    assert.deepEqual(await quit.stop(), { code: null, signal: "SIGSEGV" });
    assert.match(quit.output, /shutting down/);
  });

  test("the commands crash and _restart, at run time", async () => {
    for (const [command, expected] of [
      ["crash", { code: null, signal: "SIGSEGV" }],
      ["_restart", { code: 0, signal: null }],
      ["sim_exit_code 9; sim_exit_after 0", { code: 9, signal: null }],
    ] as const) {
      await using game = await startWithConfig(["rcon_password x"]);
      await using client = await RconClient.open(await game.ready());
      await client.login("x");
      client.send(1, 2, command);
      assert.deepEqual(await game.exited, expected, command);
    }
  });

  test("sim_no_port and sim_ignore_sigint: alive without a port, deaf to stop signals", async () => {
    await using game = await startGame({ env: { LEFT4ME_SIM_NO_PORT: "1", LEFT4ME_SIM_IGNORE_SIGINT: "1" } });
    await game.waitFor(/Executing dedicated/);
    game.process.kill("SIGINT");
    await game.waitFor(/^SIGINT ignored$/m);
    game.process.kill("SIGTERM");
    await game.waitFor(/^SIGTERM ignored$/m);
    assert.doesNotMatch(game.output, /Network/);
    assert.deepEqual(await game.stop("SIGKILL"), { code: null, signal: "SIGKILL" });
  });

  test("a busy port: an error with -strictportbind, the next free one without", async () => {
    const holder = createSocket("udp4").bind(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address();
    try {
      await using strict = await startGame({ args: ["+hostport", `${port}`] });
      assert.equal((await strict.exited).code, 1);
      assert.match(strict.output, new RegExp(`Couldn't allocate any server IP port, tried ${port} on 127\\.0\\.0\\.1`));

      const command = ["./srcds_run", "-norestart", "-ip", "127.0.0.1", "-port", `${port}`];
      await using other = await startGame({ command });
      assert.ok((await other.ready()) > port);
      assert.match(other.output, new RegExp(`port: ${port} bind: EADDRINUSE`));
    } finally {
      holder.close();
    }
  });

  test("sim_log_rate writes numbered lines of one length at its rate", async () => {
    await using game = await startWithConfig(["sim_log_bytes 50", "sim_log_rate 1000", "echo no wait"]);
    await game.waitFor(/sim line 300 /);
    assert.equal((await game.stop()).code, 0);
    const lines = game.output.split("\n").filter((line) => line.startsWith("sim line "));
    for (const [index, line] of lines.entries()) assert.ok(line.startsWith(`sim line ${index + 1} `) && line.length === 50, line);
  });

  test("sim_memory_mb is really used, and with sim_hibernate 0 it never hibernates", async () => {
    await using game = await startWithConfig(["sim_memory_mb 64", "sim_hibernate 0"]);
    await game.ready();
    assert.doesNotMatch(game.output, /hibernating/);
    const status = await readFile(`/proc/${game.process.pid}/status`, "utf8");
    assert.ok(Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) > 64 * 1024);
  });

  test("sim_holder leaves a child behind that keeps the directory and ignores stop signals", async () => {
    await using game = await startWithConfig(["sim_holder 1"]);
    const [, text] = await game.waitFor(/^sim_holder: pid (\d+)$/m);
    const pid = Number(text);
    try {
      await game.ready();
      assert.equal((await game.stop()).code, 0);
      process.kill(pid, "SIGINT");
      assert.equal(await readlink(`/proc/${pid}/cwd`), game.directory);
    } finally {
      process.kill(pid, "SIGKILL");
    }
  });

  test("a console that nobody reads any more does not end the game", async () => {
    await using game = await startWithConfig(["sim_log_rate 100"]);
    const port = await game.ready();
    game.process.stdout?.destroy();
    await using client = new QueryClient(port);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await client.exchange(info)).length, 1);
    game.process.kill("SIGINT");
    const [code] = await once(game.process, "exit");
    assert.equal(code, 0);
  });
});
