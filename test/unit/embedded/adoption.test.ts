import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { StartTarget } from "../../../src/host/driver.ts";
import { eventually, quickRestarts, readOrEmpty, TemporaryHost } from "../../fixtures/embedded/temporary-host.ts";

const program = new URL("../../fixtures/embedded/driver-host.ts", import.meta.url).pathname;

/** A daemon in a process of its own. */
class Daemon {
  readonly child: ChildProcess;
  readonly lines: string[] = [];

  constructor(t: TestContext, root: string, targets: readonly StartTarget[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [program, "l4m-driver-host", root, JSON.stringify(targets)], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (this.child.stdout !== null) createInterface(this.child.stdout).on("line", (line) => this.lines.push(line));
    t.after(() => this.kill());
  }

  async until(line: string): Promise<void> {
    await eventually(
      () => this.lines.includes(line),
      60_000,
      () => `the daemon said ${this.lines}`,
    );
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}

/** A host whose driver is not open yet. */
async function closedHost(t: TestContext): Promise<TemporaryHost> {
  const host = await TemporaryHost.open(t);
  await host.driver.close();
  return host;
}

describe("a daemon that was killed", () => {
  test("its game is adopted, its log goes on, its end is told", async (t) => {
    const host = await closedHost(t);
    const target = host.game(
      "alpha",
      `echo one; while :; do [ -e ${host.root}/go ] && break; sleep 0.02; done; echo two; while :; do [ -e ${host.root}/on ] && break; sleep 0.02; done; echo three; exec sleep 1000`,
      { generation: 5 },
    );
    const daemon = new Daemon(t, host.root, [target]);
    await daemon.until("started");
    await eventually(
      () => existsSync(`${host.root}/embedded/alpha/logs/1.marks`),
      60_000,
      () => "nothing was seen",
    );
    const before = JSON.parse(readFileSync(`${host.root}/embedded/alpha/run.json`, "utf8"));
    await daemon.kill();
    writeFileSync(`${host.root}/go`, "");
    await eventually(
      () => readOrEmpty(`${host.root}/embedded/alpha/logs/1.log`).includes("two\n"),
      60_000,
      () => "nothing was written while no daemon ran",
    );
    await host.reopen([target]);
    const adopted = host.status("alpha");
    assert.deepEqual(
      [adopted.activeState, adopted.generation, adopted.mainPid, adopted.invocationId],
      ["active", 5, before.game.pid, before.invocationId],
    );
    await host.line(target, "two");
    writeFileSync(`${host.root}/on`, "");
    await host.line(target, "three");
    const entries = await host.entries(target);
    assert.deepEqual(
      entries.map(({ message, timeEstimated }) => [message, timeEstimated]),
      [
        ["game started", false],
        ["one", false],
        ["two", true],
        ["three", false],
      ],
    );
    await host.driver.stop(target);
    assert.equal(host.status("alpha").exit?.signal, "SIGINT");
    assert.equal((await host.entries(target)).at(-1)?.event, "EXITED");
  });

  test("the end of an adopted game is told without polling, and the game is restarted", async (t) => {
    const host = await closedHost(t);
    const target = host.game("alpha", "exec sleep 1000", { generation: 2 });
    const daemon = new Daemon(t, host.root, [target]);
    await daemon.until("started");
    await daemon.kill();
    await host.reopen([target], { restartLimit: quickRestarts });
    // What tells the end is there before it: a process that blocks on the game's lock.
    const blocked = `flock\0--shared\0${host.root}/embedded/alpha/lock\0`;
    await eventually(
      () => host.processes().some((pid) => readOrEmpty(`/proc/${pid}/cmdline`).startsWith(blocked)),
      60_000,
      () => "nobody waits for the end of the game",
    );
    process.kill(host.status("alpha").mainPid, "SIGSEGV");
    await host.until("alpha", ({ subState }) => subState === "auto-restart");
    const again = await host.until("alpha", ({ activeState }) => activeState === "active");
    assert.deepEqual([again.restarts, again.generation, again.exit?.signal], [1, 2, "SIGSEGV"]);
  });

  test("a game that crashed meanwhile is reported and restarted", async (t) => {
    const host = await closedHost(t);
    const target = host.game(
      "alpha",
      `[ -e again ] && exec sleep 1000; echo x >again; while :; do [ -e ${host.root}/go ] && exit 9; sleep 0.02; done`,
    );
    const daemon = new Daemon(t, host.root, [target]);
    await daemon.until("started");
    await daemon.kill();
    writeFileSync(`${host.root}/go`, "");
    const ordered = statSync(`${host.root}/go`).mtime.getTime();
    await eventually(
      () => host.processes().length === 0,
      60_000,
      () => "no exit",
    );
    const ended = Date.now();
    await sleep(200);
    await host.reopen([target], { restartLimit: quickRestarts });
    const told = await host.until("alpha", ({ subState }) => subState === "auto-restart");
    assert.equal(told.exit?.code, 9);
    const exitTime = told.exit?.exitTime.getTime() ?? 0;
    assert.ok(ordered <= exitTime && exitTime <= ended, `${ordered} <= ${exitTime} <= ${ended}`);
    await host.until("alpha", ({ activeState, restarts }) => activeState === "active" && restarts === 1);
  });

  test("a game that ended cleanly meanwhile is reported, and stays down", async (t) => {
    const host = await closedHost(t);
    const target = host.game("alpha", `echo one; while :; do [ -e ${host.root}/go ] && break; sleep 0.02; done; echo two; exit 0`);
    const daemon = new Daemon(t, host.root, [target]);
    await daemon.until("started");
    await daemon.kill();
    writeFileSync(`${host.root}/go`, "");
    await eventually(
      () => host.processes().length === 0,
      60_000,
      () => "no exit",
    );
    await host.reopen([target]);
    // A process shows no environment any more while the kernel still unmounts what it held: until then it is adopted.
    const told = await host.until("alpha", ({ activeState }) => activeState === "inactive");
    assert.equal(told.exit?.code, 0);
    assert.deepEqual(await host.lines(target), ["one", "two"]);
  });

  test("after another boot nothing runs", async (t) => {
    const host = await closedHost(t);
    const target = host.game("alpha", "echo one; exec sleep 1000");
    const daemon = new Daemon(t, host.root, [target]);
    await daemon.until("started");
    await daemon.kill();
    const path = `${host.root}/embedded/alpha/run.json`;
    const record = JSON.parse(readFileSync(path, "utf8"));
    process.kill(-record.tree.pid, "SIGKILL");
    await eventually(
      () => host.processes().length === 0,
      60_000,
      () => "still there",
    );
    writeFileSync(path, JSON.stringify({ ...record, bootId: "another" }));
    await host.reopen([target]);
    assert.deepEqual([host.status("alpha").activeState, host.status("alpha").mounted], ["inactive", false]);
    assert.equal((await host.entries(target)).at(-1)?.event, "EXITED");
  });

  test("what is no longer known is stopped and removed", async (t) => {
    const host = await closedHost(t);
    const target = host.game("alpha", "exec sleep 1000");
    const daemon = new Daemon(t, host.root, [target]);
    await daemon.until("started");
    await daemon.kill();
    await host.reopen([{ name: "alpha", uid: "another" }]);
    assert.equal(host.status("alpha").activeState, "inactive");
    await eventually(
      () => host.processes().length === 0,
      60_000,
      () => `left: ${host.processes()}`,
    );
    assert.ok(!existsSync(`${host.root}/embedded/alpha`) && !existsSync(`${host.root}/runtime/alpha`));
  });

  test("a kill at any moment of a start leaves a game that is known, or nothing", async (t) => {
    const host = await closedHost(t);
    const target = host.game("alpha", "exec sleep 1000");
    for (let delay = 0; delay < 80; delay += 15) {
      const daemon = new Daemon(t, host.root, [target]);
      await daemon.until("open");
      await sleep(delay);
      await daemon.kill();
      await host.reopen([target]);
      const { activeState, mainPid } = host.observed.at(-1)?.status ?? { activeState: "inactive", mainPid: 0 };
      if (activeState === "active") assert.deepEqual(await host.driver.processes("alpha"), [mainPid]);
      else
        await eventually(
          () => host.processes().length === 0,
          60_000,
          () => `${activeState}, yet ${host.processes()}`,
        );
      await host.driver.stop(target);
      await host.driver.close();
      await eventually(
        () => host.processes().length === 0,
        60_000,
        () => `left after the stop: ${host.processes()}`,
      );
      host.observed.length = 0;
    }
    await host.reopen([target]);
  });

  test("a tree that takes its lock only after the next daemon has looked does not come up", async (t) => {
    const host = await closedHost(t);
    const programs = `${host.root}/programs`;
    mkdirSync(programs);
    const flock = `: >${host.root}/late; until [ -e ${host.root}/go ]; do sleep 0.05; done; PATH=$LEFT4ME_SIM_PATH exec flock "$@"`;
    writeFileSync(`${programs}/flock`, `#!/bin/sh\n${flock}\n`, { mode: 0o755 });
    const path = process.env["PATH"] ?? "";
    const target = host.game("alpha", "exec sleep 1000");
    const daemon = new Daemon(t, host.root, [target], { PATH: `${programs}:${path}`, LEFT4ME_SIM_PATH: path });
    await eventually(
      () => existsSync(`${host.root}/late`),
      60_000,
      () => "no start",
    );
    await daemon.kill();
    await host.reopen([target]);
    assert.equal(host.status("alpha").activeState, "inactive");
    writeFileSync(`${host.root}/go`, "");
    await eventually(
      () => host.processes().length === 0,
      60_000,
      () => `left: ${host.processes()}`,
    );
    await host.start(target);
    assert.equal(host.status("alpha").activeState, "active");
  });
});
