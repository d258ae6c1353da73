import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Code,
  DesiredState,
  Drift,
  InstanceState,
  LayerKind,
  Readiness,
  ResourceLimit,
  Verb,
  WarningCode,
} from "../../../src/client/index.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";

const ago = (seconds: number) => timestampFromDate(new Date(Date.now() - seconds * 1000));

const alpha = {
  name: "alpha",
  uid: "u1",
  etag: "e1",
  labels: { mode: "versus" },
  spec: { port: 27015, overlays: [{ ref: "standard" }, { ref: "users/42/custom", alias: "mine" }] },
  desiredState: DesiredState.RUNNING,
  createTime: ago(7200),
  updateTime: ago(120),
  status: {
    state: InstanceState.RUNNING,
    readiness: Readiness.READY,
    drift: Drift.NONE,
    activeState: "active",
    subState: "running",
    result: "success",
    mainPid: 42,
    invocationId: "0123",
    stateChangeTime: ago(600),
    usage: { memoryBytes: 1610612736n, cpuTime: { seconds: 3n, nanos: 500000000 }, tasks: 9, receiveBytes: 3145728n, transmitBytes: 2048n },
    buildId: "b1",
    nextBuildId: "b2",
    generation: 1n,
    nextGeneration: 2n,
    pendingRestart: true,
    warnings: [{ code: WarningCode.OVERLAY_EDITED_IN_USE, message: "standard was edited" }],
  },
};
const beta = {
  name: "beta-long-name",
  spec: { port: 27016 },
  status: {
    state: InstanceState.FAILED,
    result: "start-limit-hit",
    stateChangeTime: ago(2700),
    restarts: 5,
    lastExit: { code: 3, lastLines: ["Loading", "\x1b]0;boom\x07"], exitTime: ago(2700) },
    operation: { verb: Verb.START, caller: "operator@unix", step: "mounting" },
    nextBuildId: "b2",
    nextGeneration: 1n,
  },
};

const services = {
  instances: {
    listInstances: ({ pageToken, filter }: { pageToken: string; filter?: { labels: Record<string, string> } | undefined }) => {
      if (filter?.labels["mode"] === "none") return { instances: [] };
      return pageToken === "" ? { instances: [alpha], nextPageToken: "2" } : { instances: [beta] };
    },
    getInstance: ({ name }: { name: string }) => {
      const instance = [alpha, beta].find((candidate) => candidate.name === name);
      if (instance === undefined)
        throw failure(Code.NotFound, "INSTANCE_NOT_FOUND", `there is no instance "${name}"`, { metadata: { name } });
      return { instance };
    },
    explainInstance: () => ({
      explanation: {
        layers: [
          { kind: LayerKind.UPPER },
          { kind: LayerKind.CONFIGURATION },
          { kind: LayerKind.OVERLAY, overlayRef: "standard", version: "sha256-0123456789abcdef0123456789" },
          { kind: LayerKind.BUILD, buildId: "b1" },
        ],
        argv: ["./srcds_run", "-game", "left4dead2", "+hostname", "it's mine"],
        configs: [
          { path: "left4dead2/cfg/server.cfg", content: Buffer.from("exec server_mine.cfg\nsv_cheats 0\n") },
          { path: "left4dead2/cfg/server_mine.cfg", content: Buffer.from(""), overlayRef: "users/42/custom" },
        ],
        warnings: [{ code: WarningCode.NO_SERVER_CFG, message: "standard has no server.cfg" }],
        files: [
          { path: "left4dead2/cfg/server.cfg", layer: 1, hides: [2, 3], sizeBytes: 30n },
          { path: "left4dead2/cfg/standard/a.cfg", layer: 2, sizeBytes: 5n },
          { path: "left4dead2/motd.txt", layer: 0, hides: [2], sizeBytes: 7n },
        ],
        written: {
          files: [
            { path: "left4dead2/logs/\x1b[2J.log", sizeBytes: 2048n, changeTime: ago(7200) },
            { path: "left4dead2/motd.txt", sizeBytes: 7n, changeTime: ago(7200) },
            { path: "left4dead2/scripts", deleted: true },
          ],
          truncated: true,
        },
      },
    }),
  },
  installation: {
    listBuilds: () => ({
      builds: [
        {
          id: "b2",
          active: true,
          steamBuildId: "1234",
          sizeBytes: 10737418240n,
          files: 100000n,
          layerCount: 3,
          publishTime: ago(172800 * 2),
          usedBy: ["alpha"],
        },
      ],
    }),
    deleteBuild: ({ buildId }: { buildId: string }) => ({ changed: buildId === "b1" }),
    activateBuild: ({ buildId }: { buildId: string }) => ({ build: { id: buildId, active: true }, changed: buildId === "b1" }),
  },
  host: {
    getHost: () => ({
      host: {
        id: "h1",
        hostname: "games",
        version: "1.2.3",
        driver: "systemd",
        transport: "polkit",
        root: "/var/lib/left4me",
        startTime: ago(3 * 86400),
        capabilities: { isolation: true, enforcedLimits: [ResourceLimit.MEMORY_MAX, ResourceLimit.NICE] },
        disk: { totalBytes: 1024n ** 4n, freeBytes: 512n * 1024n ** 3n },
        load: {
          cpus: 4,
          loadAverages: [0.5, 0.25, 1],
          instances: 3,
          instancesRunning: 2,
          memoryTotalBytes: 8n * 1024n ** 3n,
          memoryAvailableBytes: 1024n ** 3n,
        },
      },
    }),
  },
};

test("list and status without names: the same table, all pages", async () => {
  await using host = await startSocketHost(services);
  const expected = [
    "NAME            STATE    PORT   SINCE   MEMORY   REMARKS",
    "alpha           RUNNING  27015  10 min  1.5 GiB  restart pending",
    "beta-long-name  FAILED   27016  45 min           start by operator@unix: mounting; exited with code 3; 5 automatic restarts",
    "",
  ].join("\n");
  for (const command of ["list", "status"])
    assert.deepEqual(await run([command, "--address", host.address]), { code: 0, out: expected, err: "" });
  const coloured = await run(["list", "--address", host.address], { isTty: true });
  assert.match(coloured.out, /alpha {11}\x1b\[32mRUNNING\x1b\[0m {2}27015/);
  assert.equal((await run(["list", "--address", host.address], { isTty: true, env: { NO_COLOR: "1" } })).out, expected);
  const none = await run(["list", "--label", "mode=none", "--address", host.address]);
  assert.deepEqual([none.code, none.out], [0, ""]);
  assert.equal(none.err, "no instance has the label mode=none\n");
});

test("a name that has not the label, or is not there, is told, in a table of the others", async () => {
  await using host = await startSocketHost({
    instances: {
      listInstances: ({ filter }) => ({
        instances:
          filter?.labels["mode"] === "versus" && filter.names.includes("alpha") ? [{ name: "alpha", labels: { mode: "versus" } }] : [],
      }),
    },
  });
  const args = ["status", "gamma", "alpha", "--label", "mode=versus", "--address", host.address];
  const { code, out, err } = await run(args);
  assert.deepEqual([code, out], [3, "NAME   STATE\nalpha  unknown\n"]);
  assert.match(err, /^error: gamma: there is no instance "gamma" with the label mode=versus\nhint: the instances there are: /);
  const json = await run([...args, "--json"]);
  const [failed, shown] = JSON.parse(json.out) as [{ error: { code: string } }, { name: string }];
  assert.deepEqual([json.code, failed.error.code, shown.name], [3, "NOT_FOUND", "alpha"]);
  const none = await run(["status", "gamma", "--label", "mode=versus", "--json", "--address", host.address]);
  assert.deepEqual([none.code, (JSON.parse(none.out) as unknown[]).length], [3, 1]);
});

test("status of one name in full", async () => {
  await using host = await startSocketHost(services);
  const { code, out, err } = await run(["status", "alpha", "--address", host.address]);
  assert.equal(code, 0);
  assert.equal(err, "warning: alpha: standard was edited\n");
  assert.equal(
    out,
    [
      "name        alpha",
      "state       RUNNING for 10 min",
      "remarks     restart pending",
      "desired     RUNNING",
      "port        27015",
      "overlays    standard",
      "            users/42/custom (as mine)",
      "labels      mode=versus",
      "unit        active/running, success",
      "pid         42",
      "invocation  0123",
      "usage       1.5 GiB, 3.5 s of CPU, 9 tasks, 3.0 MiB received, 2.0 KiB sent",
      "build       b1, b2 at the next start",
      "generation  1, 2 at the next start",
      "created     2 h ago, changed 2 min ago",
      "etag        e1",
      "",
    ].join("\n"),
  );
  const failed = await run(["status", "beta-long-name", "--address", host.address]);
  assert.match(failed.out, /last exit {3}exited with code 3, 45 min ago\nlast lines {2}Loading\n {12}\\x1b\]0;boom\\x07\n/);
});

test("status of several names is a table; a missing one is an error beside it", async () => {
  await using host = await startSocketHost(services);
  const { code, out, err } = await run(["status", "beta-long-name", "gamma", "alpha", "--address", host.address]);
  assert.equal(code, 3);
  assert.deepEqual(
    out.split("\n").map((line) => line.split(" ")[0]),
    ["NAME", "beta-long-name", "alpha", ""],
  );
  assert.match(
    err,
    /error: gamma: there is no instance "gamma"\nhint: the instances there are: l4d2ctl --address \S+ list; to create it: l4d2ctl --address \S+ initialize gamma -f spec.yaml\n/,
  );
});

test("--json is the proto3 JSON mapping with all fields", async () => {
  await using host = await startSocketHost(services);
  const json = async (...args: string[]) => JSON.parse((await run([...args, "--json", "--address", host.address])).out) as never;
  const status: { status: Record<string, unknown>; labels: unknown } = await json("status", "alpha");
  assert.equal(status.status["state"], "INSTANCE_STATE_RUNNING");
  assert.equal(status.status["generation"], "1");
  assert.equal(status.status["restarts"], 0);
  assert.deepEqual(status.labels, { mode: "versus" });
  const list: { name: string }[] = await json("list");
  assert.deepEqual(
    list.map(({ name }) => name),
    ["alpha", "beta-long-name"],
  );
  assert.equal(((await json("builds")) as { id: string }[])[0]?.id, "b2");
  assert.equal(((await json("host")) as { capabilities: { volatile: boolean } }).capabilities.volatile, false);
  assert.equal(((await json("explain", "alpha")) as { argv: string[] }).argv.length, 5);
  assert.deepEqual(((await json("activate", "b1")) as { changed: boolean }).changed, true);
  assert.deepEqual(await json("builds", "delete", "b1"), { changed: true });
});

test("explain", async () => {
  await using host = await startSocketHost(services);
  const { code, out, err } = await run(["explain", "alpha", "--address", host.address]);
  assert.equal(code, 0);
  assert.equal(err, "warning: alpha: standard has no server.cfg\n");
  assert.equal(
    out,
    [
      "Layers, the top one first",
      "  KIND           WHAT                   VERSION",
      "  upper          what the game wrote",
      "  configuration  generated by the host",
      "  overlay        standard               sha256-0123456789ab",
      "  build          b1",
      "",
      "Arguments",
      "  ./srcds_run -game left4dead2 +hostname 'it'\\''s mine'",
      "",
      "left4dead2/cfg/server.cfg",
      "  exec server_mine.cfg",
      "  sv_cheats 0",
      "",
      "left4dead2/cfg/server_mine.cfg (of the overlay users/42/custom): empty",
      "",
      "Files that hide others",
      "  PATH                       FROM           HIDES",
      "  left4dead2/cfg/server.cfg  configuration  standard, build",
      "  left4dead2/motd.txt        the game       standard",
      "  1 other hides nothing: --files '**' tells all of them",
      "",
      "Written by the game",
      "  PATH                         SIZE     AGE",
      "  left4dead2/logs/\\x1b[2J.log  2.0 KiB  2 h",
      "  left4dead2/motd.txt          7 B      2 h",
      "  left4dead2/scripts           deleted",
      "  there are more than the host tells",
      "",
    ].join("\n"),
  );
});

test("explain, the files that match a pattern", async () => {
  await using host = await startSocketHost(services);
  const told = async (pattern: string) => {
    const { out } = await run(["explain", "alpha", "--files", pattern, "--address", host.address]);
    return out.slice(out.indexOf("\n", out.indexOf("server_mine.cfg (of")) + 1);
  };
  assert.equal(
    await told("**/*.cfg"),
    [
      "",
      "Files, and what they hide",
      "  PATH                           FROM           HIDES",
      "  left4dead2/cfg/server.cfg      configuration  standard, build",
      "  left4dead2/cfg/standard/a.cfg  standard",
      "",
      "Written by the game",
      "  there are more than the host tells",
      "",
    ].join("\n"),
  );
  assert.match(await told("left4dead2/*/?erver.cfg"), /^ {2}left4dead2\/cfg\/server\.cfg /m);
  assert.doesNotMatch(await told("*.cfg"), /FROM/, "a star stays within a name");
  assert.doesNotMatch(await told("left4dead2/cfg/server.cf."), /FROM/, "a point is a point");
  assert.equal((await told("**")).match(/^ {2}left4dead2/gm)?.length, 6);
  assert.match(await told("left4dead2/cfg/[r-t]erver.cfg"), /^ {2}left4dead2\/cfg\/server\.cfg /m, "as in spec.preserve");
});

test("explain, a pattern holds for --json too, and one that matches nothing is told", async () => {
  await using host = await startSocketHost(services);
  const files = async (pattern: string) => {
    const { out } = await run(["explain", "alpha", "--files", pattern, "--json", "--address", host.address]);
    const { files, written } = JSON.parse(out) as Record<"files", { path: string }[]> & { written: { files: { path: string }[] } };
    return [files, written.files].map((each) => each.map(({ path }) => path));
  };
  assert.deepEqual(await files("**/motd.txt"), [["left4dead2/motd.txt"], ["left4dead2/motd.txt"]]);
  assert.deepEqual(await files("*.cfg"), [[], []]);
  const none = await run(["explain", "alpha", "--files", "*.cfg", "--address", host.address]);
  assert.match(none.err, /^no file of interest matches \*\.cfg; those there are: --files '\*\*'\nwarning: /);
});

test("builds, activate, host", async () => {
  await using host = await startSocketHost(services);
  const text = async (...args: string[]) => (await run([...args, "--address", host.address])).out;
  assert.equal(
    await text("builds"),
    "BUILD  ACTIVE  STEAM  SIZE      FILES   LAYERS  AGE  USED BY\nb2     yes     1234   10.0 GiB  100000  3       4 d  alpha\n",
  );
  assert.equal(await text("activate", "b1"), "build b1: active; running games keep theirs until they are restarted\n");
  assert.equal(await text("activate", "b2"), "build b2: active already\n");
  assert.equal(await text("builds", "delete", "b1"), "build b1: deleted\n");
  assert.equal(await text("builds", "delete", "b2"), "build b2: no such build, nothing to delete\n");
  assert.equal(
    await text("host"),
    [
      "host       games (h1)",
      `address    ${host.address}`,
      "version    1.2.3",
      "driver     systemd over polkit",
      "root       /var/lib/left4me",
      "up         3 d",
      "instances  3, 2 running",
      "disk       512 GiB free of 1.0 TiB",
      "memory     1.0 GiB available of 8.0 GiB",
      "load       0.50 0.25 1.00 on 4 CPUs",
      "offers     isolation between games",
      "           limits: memory_max, nice",
      "lacks      restarts without the daemon",
      "           starts at boot without the daemon",
      "           files kept across resets (preserve)",
      "           archives of what games wrote",
      "           installation through SteamCMD",
      "           diagnosis",
      "           volatile instances",
      "",
    ].join("\n"),
  );
});
