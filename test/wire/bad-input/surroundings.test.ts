import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createHostClient, InstanceState, importBuild, importOverlay } from "../../../src/client/index.ts";
import { failureOf, GuardedHost, tinyArchive } from "./guarded-host.ts";

const needsRoot = process.getuid?.() === 0 ? false : "needs root";
const clock = new URL("jumping-clock.mjs", import.meta.url).href;

describe("surroundings", () => {
  let host: GuardedHost;
  const path = (...parts: string[]) => join(host.root, ...parts);
  const clockFile = () => `${host.root}.clock`;
  before(async () => {
    host = await GuardedHost.open(
      () => {},
      (root) => ({ NODE_OPTIONS: `--import=${clock}`, LEFT4ME_SIM_CLOCK: `${root}.clock` }),
    );
  });
  after(async () => {
    await host?.close();
    await rm(clockFile(), { force: true });
  });

  afterEach(() => host.tidy());

  test("a root that became read-only: each change says so, reads and games go on, and all is well when it can be written again", {
    skip: needsRoot,
  }, async () => {
    execFileSync("mount", ["--bind", host.root, host.root]);
    execFileSync("mount", ["-o", "remount,ro,bind", host.root]);
    // The daemon has the root by its path: what it opens from now on is read-only.
    const { instances, installation, logs } = host.client;
    const calls = {
      initialize: () => instances.initializeInstance({ name: "new", spec: { port: 27_400 } }),
      replace: () => instances.initializeInstance({ name: "stopped", spec: { port: 27_400 } }),
      start: () => instances.startInstance({ name: "stopped" }),
      reset: () => instances.resetInstance({ name: "stopped" }),
      restore: () => instances.restoreArchive({ name: "stopped", archiveId: host.archiveId }),
      forget: () => instances.deleteArchive({ name: "stopped", archiveId: host.archiveId }),
      remove: () => instances.deleteInstance({ name: "stopped" }),
      overlay: () => importOverlay(host.client, "new", tinyArchive("new")),
      build: () => importBuild(host.client, tinyArchive("new")),
      install: async () => {
        for await (const _ of installation.installGame({}));
      },
    };
    try {
      for (const [what, call] of Object.entries(calls)) {
        const failure = await failureOf(call());
        assert.equal(failure?.reason, "DRIVER_UNAVAILABLE", `${what}: ${failure?.reason} ${failure?.message}`);
        assert.match(failure.message, /read-only.*(mount|remount)/);
        assert.equal(failure.metadata["problem"], "root-not-writable");
      }
      for await (const { event } of logs.streamLogs({ name: "running" })) assert.ok(event.case);
    } finally {
      execFileSync("umount", [host.root]);
    }
    await rm(path("install/job.json"), { force: true });
    await host.unharmed();
  });

  test("a runtime directory that was removed by hand is made anew: of a stopped instance, of a running one, of all", async () => {
    const { instances } = host.client;
    const extra = await host.extra("bare");
    await instances.startInstance({ name: "bare" });
    await instances.stopInstance({ name: "bare" });
    await rm(path("runtime/bare"), { recursive: true });
    await instances.startInstance({ name: "bare" });
    await rm(path("runtime/bare"), { recursive: true, force: true }).catch(() => {});
    assert.equal((await instances.getInstance({ name: "bare" })).instance?.status?.state, InstanceState.RUNNING);
    await instances.stopInstance({ name: "bare" });
    await instances.startInstance({ name: "bare" });
    await rm(path("embedded/bare/run"), { recursive: true });
    await instances.stopInstance({ name: "bare" });
    await rm(path("embedded/bare"), { recursive: true });
    await instances.startInstance({ name: "bare" });
    await extra.remove();
    await host.unharmed();
  });

  test("tmp/ that was removed by hand is made anew", async () => {
    await rm(path("tmp"), { recursive: true });
    await importOverlay(host.client, "new", tinyArchive("new"));
    await host.client.host.deleteOverlay({ ref: "new" });
    await host.unharmed();
  });

  test("the socket that was removed by hand is there again with the next daemon", async () => {
    await rm(host.socketPath);
    await host.reopen();
    await host.unharmed();
  });

  test("the locks of a dead daemon and of a dead game hold nobody up", async () => {
    const { instances } = host.client;
    const extra = await host.extra("dead");
    const { instance } = await instances.startInstance({ name: "dead" });
    await host.reopen(() => {
      // The game and what holds its mount are killed while nobody looks; their lock and their records stay.
      process.kill(instance?.status?.mainPid ?? 0, "SIGKILL");
      assert.ok(existsSync(path("embedded/dead/lock")));
    }, "SIGKILL");
    for (let tries = 0; tries < 1000; tries += 1) {
      const { status } = (await instances.getInstance({ name: "dead" })).instance ?? {};
      if (status?.state === InstanceState.RUNNING && status.invocationId !== instance?.status?.invocationId) break;
      await sleep(20);
    }
    await instances.restartInstance({ name: "dead" });
    await extra.remove();
    await host.unharmed();
  });

  test("a record that names the process of somebody else ends nobody", async () => {
    const { instances } = host.client;
    const extra = await host.extra("reused");
    await instances.startInstance({ name: "reused" });
    const file = path("embedded/reused/run.json");
    const record = JSON.parse(await readFile(file, "utf8")) as { tree: object; game: object };
    await instances.stopInstance({ name: "reused" });
    const mine = { pid: process.pid, startTime: 1 };
    await host.reopen(() => writeFile(file, JSON.stringify({ ...record, phase: "running", tree: mine, game: mine })), "SIGKILL");
    await instances.stopInstance({ name: "reused" });
    assert.equal((await instances.getInstance({ name: "reused" })).instance?.status?.state, InstanceState.STOPPED);
    await extra.remove();
    await host.unharmed();
  });

  for (const [row, days] of [
    ["a year ahead", 365],
    ["ten years back", -3650],
  ] as const) {
    test(`a clock that jumps ${row} while the daemon runs changes no order, no wait and no game`, async () => {
      const { instances, logs } = host.client;
      const extra = await host.extra("timed");
      await instances.startInstance({ name: "timed" });
      const before = (await instances.getInstance({ name: "timed" })).instance?.revision ?? 0n;
      const jump = (daysOff: number) => writeFile(clockFile(), String(daysOff * 24 * 3600 * 1000));
      try {
        await jump(days);
        const began = performance.now();
        await instances.restartInstance({ name: "timed" });
        const first = await instances.resetInstance({ name: "timed", archive: true });
        await instances.startInstance({ name: "timed" });
        await jump(0);
        const second = await instances.resetInstance({ name: "timed", archive: true });
        assert.ok(second.archiveId > first.archiveId, "archives stand in the order in which they were made");
        await jump(days);
        await host.reopen();
        const { instance } = await instances.getInstance({ name: "timed" });
        assert.ok((instance?.revision ?? 0n) > before, "revisions rise");
        await instances.startInstance({ name: "timed" });
        const lines: string[] = [];
        for await (const { event } of logs.streamLogs({ name: "timed", lines: 1000 }))
          if (event.case === "batch") lines.push(...event.value.entries.map(({ message }) => message));
        assert.ok(lines.filter((line) => line === "game started").length >= 3, lines.join("\n"));
        assert.ok(performance.now() - began < 60_000);
      } finally {
        await rm(clockFile(), { force: true });
      }
      await host.reopen();
      await extra.remove();
      await host.unharmed();
    });
  }

  test("a daemon without descriptors says so, takes no connection, and is well when it has some again", async () => {
    const { instances } = host.client;
    const extra = await host.extra("thrifty");
    const open = new Set(readdirSync(`/proc/${host.pid}/fd`).map(Number));
    let used = 0; // the lowest that is free: what it opens next
    while (open.has(used)) used += 1;
    execFileSync("prlimit", ["--pid", String(host.pid), `--nofile=${used}:`]);
    const seen = new Set<string>();
    try {
      for (let free = 0; free < 12; free += 1) {
        execFileSync("prlimit", ["--pid", String(host.pid), `--nofile=${used + free}:`]);
        for (const [what, call] of Object.entries({
          initialize: () => instances.initializeInstance({ name: "new", spec: { port: 27_400 } }),
          start: () => instances.startInstance({ name: "thrifty" }),
          overlay: () => importOverlay(host.client, "new", tinyArchive("new")),
        })) {
          const failure = await failureOf(call());
          if (failure?.reason === "TOO_MANY_FILES") assert.match(failure.message, /descriptors.*LimitNOFILE/);
          // Its children have no more than it has itself.
          else if (what === "start" && failure !== undefined)
            assert.match(failure.message, /no descriptor|[Tt]oo many open files|EMFILE/, `${free} free: ${failure.reason}`);
          else assert.equal(failure?.message, undefined, `${free} free, ${what}: ${failure?.reason}`);
          seen.add(`${what} ${failure === undefined}`);
        }
      }
      const late = createHostClient({ address: `unix:${host.socketPath}` });
      await late.host.getHost({}, { timeoutMs: 1000 }).catch(() => {});
      late.close();
    } finally {
      execFileSync("prlimit", ["--pid", String(host.pid), "--nofile=20000:"]);
    }
    assert.ok(seen.has("initialize false") && seen.has("start false") && seen.has("overlay false"), [...seen].join());
    await instances.deleteInstance({ name: "new" });
    await instances.startInstance({ name: "thrifty" });
    await extra.remove();
    await host.client.host.deleteOverlay({ ref: "new" });
    await host.unharmed();
  });

  test("the root that was moved away under the daemon: calls are refused, and all is there when it is back", async () => {
    const aside = `${host.root}-aside`;
    await rename(host.root, aside);
    const failure = await failureOf(host.client.instances.initializeInstance({ name: "new", spec: { port: 27_400 } }));
    assert.notEqual(failure, undefined);
    await rm(host.root, { recursive: true, force: true });
    await rename(aside, host.root);
    await mkdir(path("tmp"), { recursive: true });
    await host.unharmed();
  });
});
