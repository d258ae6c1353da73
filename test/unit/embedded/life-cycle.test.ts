import assert from "node:assert/strict";
import { readdirSync, renameSync } from "node:fs";
import { describe, test } from "node:test";
import { HostError } from "../../../src/domain/host-error.ts";
import { eventually, quickRestarts, TemporaryHost } from "../../fixtures/embedded/temporary-host.ts";

const wait = "echo up; exec sleep 1000";

describe("a game's life", () => {
  test("it is started, observed and stopped", async (t) => {
    const host = await TemporaryHost.open(t);
    const target = host.game("alpha", wait, { generation: 7 });
    await host.start(target);
    const running = host.status("alpha");
    assert.deepEqual([running.activeState, running.subState, running.mounted, running.generation], ["active", "running", true, 7]);
    assert.match(running.invocationId, /^[0-9a-f]{32}$/);
    assert.ok(running.mainPid > 0);
    assert.deepEqual(await host.driver.processes("alpha"), [running.mainPid]);
    await host.line(target, "up");
    // In the middle of an execve a process has no memory.
    await eventually(
      () => (host.driver.usage("alpha")?.memoryBytes ?? 0) > 0,
      60_000,
      () => "no memory",
    );
    assert.equal(host.driver.usage("alpha")?.tasks, 1);
    await host.driver.stop(target);
    const stopped = host.status("alpha");
    assert.deepEqual(
      [stopped.activeState, stopped.result, stopped.mainPid, stopped.mounted, stopped.generation],
      ["inactive", "success", 0, false, 0],
    );
    assert.equal(stopped.exit?.signal, "SIGINT");
    assert.equal(host.driver.usage("alpha"), undefined);
    assert.deepEqual(
      (await host.entries(target)).map(({ event, message }) => event ?? message),
      ["STARTED", "up", "EXITED"],
    );
  });

  test("stop of what does not run succeeds", async (t) => {
    const host = await TemporaryHost.open(t);
    await host.driver.stop({ name: "alpha", uid: "uid-alpha" });
  });

  test("the game has its own user, no capability, three descriptors and a small environment", async (t) => {
    process.env["LEFT4ME_SIM_MODE"] = "slow";
    process.env["SECRET_TOKEN"] = "secret";
    t.after(() => {
      delete process.env["LEFT4ME_SIM_MODE"];
      delete process.env["SECRET_TOKEN"];
    });
    const host = await TemporaryHost.open(t);
    const script = `id -u; id -G; grep -E '^(CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs)' /proc/self/status | tr -d '\\t '
ls -l /proc/self/fd | sed -n 's/.* \\([0-9]*\\) -> /fd \\1 /p'; tr '\\0' '\\n' </proc/$$/environ | sed 's/^/env /'; pwd; echo done; exec sleep 1000`;
    const target = host.game("alpha", script);
    await host.start(target);
    await host.line(target, "done");
    const lines = await host.lines(target);
    const uid = host.driver.info.gameUid;
    assert.notEqual(uid, 0);
    assert.equal(lines[0], String(uid));
    const zero = "0".repeat(16);
    for (const expected of [`CapEff:${zero}`, `CapPrm:${zero}`, `CapInh:${zero}`, `CapAmb:${zero}`, "NoNewPrivs:1"])
      assert.ok(lines.includes(expected), `${expected} in ${lines}`);
    const descriptors = lines.filter((line) => line.startsWith("fd ")).map((line) => line.split(" "));
    // What lists the directory has it open.
    const others = descriptors.filter(([, , path]) => !path?.startsWith("/proc/"));
    assert.deepEqual(
      others.map(([, number]) => number),
      ["0", "1", "2"],
    );
    assert.equal(others[0]?.[2], "/dev/null");
    const environment = lines.filter((line) => line.startsWith("env ")).map((line) => line.slice(4).split("=")[0]);
    const expected = ["HOME", "INVOCATION_ID", "LANG", "LEFT4ME_SIM_MODE", "LEFT4ME_SIM_ROOT", "PATH", "USER"];
    // bash as /bin/sh adds one of its own.
    assert.deepEqual(environment.filter((name) => name !== "_").sort(), expected);
  });

  test("five life cycles leave no descriptor behind", async (t) => {
    const host = await TemporaryHost.open(t);
    const target = host.game("alpha", wait);
    const cycle = async () => {
      await host.start(target);
      await host.line(target, "up");
      await host.driver.stop(target);
      await host.driver.reset(target);
    };
    await cycle();
    const before = readdirSync("/proc/self/fd").length;
    for (let count = 0; count < 5; count += 1) await cycle();
    const count = () => readdirSync("/proc/self/fd").length;
    await eventually(
      () => count() <= before + 5,
      60_000,
      () => `${count()} descriptors, ${before} before`,
    );
  });
});

describe("a start that fails", () => {
  const programs = {
    "a missing program": { argv: ["./nothing"], files: {} },
    "a program that is not executable": { argv: ["./text"], files: { text: "hello" } },
    "a missing interpreter": { argv: ["./odd"], files: { odd: "#!/no/such/interpreter\n" } },
  } as const;
  for (const [title, { argv, files }] of Object.entries(programs)) {
    test(`${title} is START_FAILED and says so`, async (t) => {
      const host = await TemporaryHost.open(t);
      const target = host.game("alpha", wait, { argv, layers: [host.layer(files)] });
      await assert.rejects(host.start(target), (error: HostError) => {
        assert.equal(error.reason, "START_FAILED");
        assert.match(error.metadata["exit_code"] ?? "", /^12[67]$/);
        assert.match(error.message, /failed to execute/);
        assert.equal(error.startFailure?.step, "exec");
        assert.ok((error.startFailure?.exit?.lastLines.length ?? 0) > 0);
        return true;
      });
      assert.deepEqual([host.status("alpha").activeState, host.status("alpha").mounted], ["failed", false]);
      await host.driver.stop(target);
      assert.equal(host.status("alpha").activeState, "inactive");
    });
  }

  test("a missing layer is HELPER_FAILED with mount's words", async (t) => {
    const host = await TemporaryHost.open(t);
    const target = host.game("alpha", wait, { layers: [`${host.root}/no-such-layer`] });
    await assert.rejects(host.start(target), (error: HostError) => {
      assert.equal(error.reason, "HELPER_FAILED");
      assert.match(error.metadata["command"] ?? "", /^mount/);
      assert.match(error.metadata["stderr"] ?? "", /mount: /);
      assert.equal(error.metadata["exit_code"], "32");
      return true;
    });
    assert.equal(host.status("alpha").activeState, "failed");
    await host.start(host.game("alpha", wait));
  });

  test("an abandoned start rejects with the reason and leaves nothing", async (t) => {
    const host = await TemporaryHost.open(t);
    const target = host.game("alpha", wait);
    for (const delay of [0, 1, 3, 6, 10, 15, 25]) {
      const abort = new AbortController();
      const starting = host.start(target, abort.signal);
      const reason = new Error(`abandoned after ${delay}`);
      const timer = setTimeout(() => abort.abort(reason), delay);
      const outcome = await starting.then(
        () => "started",
        (error: unknown) => error,
      );
      clearTimeout(timer);
      if (outcome === "started") await host.driver.stop(target);
      else assert.equal(outcome, reason);
      assert.equal(host.status("alpha").activeState, "inactive");
      await eventually(
        () => host.processes().length === 0,
        60_000,
        () => `left: ${host.processes()}`,
      );
    }
  });

  test("a stop during a start ends it", async (t) => {
    const host = await TemporaryHost.open(t);
    const target = host.game("alpha", wait);
    const starting = host.start(target).catch((error: unknown) => error);
    await host.driver.stop(target);
    const outcome = await starting;
    assert.ok(outcome === undefined || (outcome instanceof HostError && outcome.reason === "SUPERSEDED"));
    assert.equal(host.status("alpha").activeState, "inactive");
  });
});

describe("how a game ends", () => {
  test("a clean exit is not restarted", async (t) => {
    const host = await TemporaryHost.open(t, { restartLimit: quickRestarts });
    await host.start(host.game("alpha", "echo bye; exit 0"));
    const ended = await host.until("alpha", ({ activeState }) => activeState === "inactive");
    assert.deepEqual([ended.result, ended.exit?.code, ended.restarts], ["success", 0, 0]);
  });

  test("a crash loop is restarted with the same generation, then given up", async (t) => {
    const host = await TemporaryHost.open(t, { restartLimit: quickRestarts });
    const target = host.game("alpha", "echo crash; sleep 0.01; exit 3", { generation: 4 });
    await host.start(target);
    const failed = await host.until("alpha", ({ activeState }) => activeState === "failed");
    assert.deepEqual([failed.result, failed.exit?.code, failed.exit?.result, failed.restarts], ["start-limit-hit", 3, "exit-code", 2]);
    const waiting = host.observed.filter(({ status }) => status.subState === "auto-restart");
    assert.deepEqual(
      waiting.map(({ status }) => status.generation),
      [4, 4],
    );
    const entries = await host.entries(target);
    const once = ["STARTED", "crash", "EXITED"];
    assert.deepEqual(
      entries.map(({ event, message }) => event ?? message),
      [...once, "RESTARTING", ...once, "RESTARTING", ...once, "GAVE_UP"],
    );
    assert.equal(entries[2]?.message, "game exited with code 3");
    assert.equal(entries[3]?.message, "restarting in 0.05 s (attempt 2 of 3)");
    await host.driver.stop(target);
    assert.equal(host.status("alpha").activeState, "inactive");
    await host.start({ ...target, argv: ["/bin/sleep", "1000"] });
    assert.deepEqual([host.status("alpha").activeState, host.status("alpha").restarts], ["active", 0]);
  });

  test("a restart that cannot be made is a failure like another: the next is waited for, and nothing else is told", async (t) => {
    const host = await TemporaryHost.open(t, { restartLimit: quickRestarts });
    const target = host.game("alpha", "sleep 0.2; exit 3");
    const [layer = ""] = target.layers;
    await host.start(target);
    await host.until("alpha", ({ activeState }) => activeState === "active");
    renameSync(layer, `${layer}-away`);
    const failed = await host.until("alpha", ({ activeState }) => activeState === "failed");
    assert.deepEqual([failed.result, failed.exit?.code, failed.restarts], ["start-limit-hit", 3, 2]);
    const told = host.observed.map(({ status }) => `${status.activeState} ${status.result}`);
    const waited = ["activating resources", "activating resources"]; // for the last one, and its start
    assert.deepEqual(told.slice(-3), [...waited, "failed start-limit-hit"], told.join());
    assert.equal(told.filter((one) => one.startsWith("failed")).length, 1, told.join());
    const entries = await host.entries(target);
    assert.deepEqual(
      entries.slice(-2).map(({ event }) => event),
      ["RESTARTING", "GAVE_UP"],
    );
  });

  test("a signal is told by name, and restarted", async (t) => {
    const host = await TemporaryHost.open(t, { restartLimit: quickRestarts });
    const target = host.game("alpha", "exec sleep 1000");
    await host.start(target);
    process.kill(host.status("alpha").mainPid, "SIGSEGV");
    const again = await host.until("alpha", ({ activeState, restarts }) => activeState === "active" && restarts === 1);
    assert.deepEqual([again.exit?.signal, again.exit?.result], ["SIGSEGV", "signal"]);
  });

  test("a stop cancels a pending restart", async (t) => {
    const host = await TemporaryHost.open(t, { restartLimit: { ...quickRestarts, firstDelaySeconds: 1000, longestDelaySeconds: 1000 } });
    const target = host.game("alpha", "exit 1");
    await host.start(target);
    await host.until("alpha", ({ subState }) => subState === "auto-restart");
    await host.driver.stop(target);
    assert.deepEqual([host.status("alpha").activeState, host.status("alpha").mounted], ["inactive", false]);
  });

  test("a game that ignores SIGINT is killed after the time-out, with its children", async (t) => {
    const host = await TemporaryHost.open(t, { stopTimeoutSeconds: 0.2 });
    const target = host.game("alpha", "trap '' INT; (trap '' INT; setsid sleep 1000) & echo up; while :; do sleep 1; done");
    await host.start(target);
    await host.line(target, "up");
    await host.driver.stop(target);
    const stopped = host.status("alpha");
    assert.deepEqual([stopped.activeState, stopped.result, stopped.exit?.signal], ["failed", "timeout", "SIGKILL"]);
    assert.deepEqual(host.processes(), []);
  });

  test("a child that outlives the game ends with it", async (t) => {
    const host = await TemporaryHost.open(t);
    const target = host.game("alpha", "(trap '' INT TERM HUP; setsid sleep 1000) & echo up; exec sleep 1000");
    await host.start(target);
    await host.line(target, "up");
    await eventually(
      () => host.processes().length >= 4,
      60_000,
      () => "no child",
    );
    await host.driver.stop(target);
    assert.deepEqual(host.processes(), []);
  });

  test("a trap of the game runs, and its exit code is told", async (t) => {
    const host = await TemporaryHost.open(t);
    const target = host.game("alpha", "trap 'echo caught; exit 5' INT; echo up; while :; do sleep 0.01; done");
    await host.start(target);
    await host.line(target, "up");
    await host.driver.stop(target);
    assert.deepEqual([host.status("alpha").exit?.code, host.status("alpha").result], [5, "exit-code"]);
    assert.ok((await host.lines(target)).includes("caught"));
  });
});
