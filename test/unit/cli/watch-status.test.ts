import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ChangeType,
  Code,
  ConnectError,
  createHostClient,
  Drift,
  InstanceState,
  Readiness,
  WatchResyncReason,
} from "../../../src/client/index.ts";
import type { WatchInstancesRequest, WatchInstancesResponseSchema } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { createFakeHost } from "../../../src/testing/index.ts";
import { startSocketHost } from "../client/socket-host.ts";
import { FakeScreen, lastPage, run } from "./fake-terminal.ts";

type Message = MessageInitShape<typeof WatchInstancesResponseSchema>;
const hello: Message = { event: { case: "hello", value: {} } };
const bookmark: Message = { event: { case: "bookmark", value: { cursor: "1" } } };
const resync: Message = { event: { case: "resync", value: { reason: WatchResyncReason.DAEMON_RESTARTED } } };
const told = (type: ChangeType, name: string, revision: bigint, more: object = {}): Message => ({
  event: {
    case: "change",
    value: { type, instance: { name, uid: `uid of ${name}`, revision, spec: { port: 27015 }, ...more }, cursor: "2" },
  },
});

/** The status of a running game whose invocation had taken `cpuMs` of CPU time at `atMs`. */
const running = (atMs: number, cpuMs: number) => ({
  status: {
    state: InstanceState.RUNNING,
    readiness: Readiness.READY,
    drift: Drift.NONE,
    invocationId: "i1",
    usage: {
      sampleTime: timestampFromMs(atMs),
      cpuTime: { seconds: BigInt(Math.floor(cpuMs / 1000)), nanos: (cpuMs % 1000) * 1e6 },
      memoryBytes: 536870912n,
      tasks: 8,
    },
  },
});

/** A host that tells each watch the next of these lists; then the connection breaks, or the watch stays as it is. */
async function scriptedHost(...watches: readonly { readonly tells: readonly Message[]; readonly breaks?: boolean }[]) {
  const requests: WatchInstancesRequest[] = [];
  const host = await startSocketHost({
    instances: {
      async *watchInstances(request, { signal }) {
        const { tells, breaks = false } = watches[requests.length] ?? { tells: [hello] };
        requests.push(request);
        yield* tells;
        if (breaks) throw new ConnectError("gone", Code.Unavailable);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
  });
  return { host, requests, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

/** Ends the run as soon as what was printed is as wanted. */
const until = (isEnough: (text: string) => boolean) => ({
  onOut: (text: string, { interrupt }: { interrupt: (signal: "SIGINT") => void }) => {
    if (isEnough(text)) interrupt("SIGINT");
  },
});

test("a line a change: the fake host from a start to a crash and a deletion", async () => {
  const fake = await createFakeHost();
  const client = createHostClient({ address: fake.address });
  await client.instances.initializeInstance({ name: "alpha", spec: { port: 27015 }, labels: { mode: "versus" } });
  await client.instances.initializeInstance({ name: "other", spec: { port: 27016 } });
  const steps: [seen: string, act: () => unknown][] = [
    // The crash or the deletion may overtake its answer.
    ["alpha: STOPPED", () => client.instances.startInstance({ name: "alpha" }).catch(() => undefined)],
    ["alpha: RUNNING, ready", () => fake.crash("alpha", { loop: true })],
    ["alpha: FAILED", () => client.instances.deleteInstance({ name: "alpha" })],
  ];
  const acts: unknown[] = [];
  const { code, out, err } = await run(["status", "--watch", "--label", "mode=versus", "--address", fake.address], {
    onOut: (text, { interrupt }) => {
      const [seen, act] = steps[acts.length] ?? ["alpha: removed", () => interrupt("SIGINT")];
      if (text.includes(seen)) acts.push(act());
    },
  });
  await Promise.all(acts);
  client.close();
  await fake.close();
  assert.deepEqual([code, err], [130, ""]);
  assert.match(out, /^\d\d:\d\d:\d\d alpha: STOPPED\n/);
  assert.match(out, /^\d\d:\d\d:\d\d alpha: RUNNING, ready; CPU \?, memory 512 MiB, tasks 8(?:; start by .*)?$/m);
  assert.match(out, /^\d\d:\d\d:\d\d alpha: FAILED;(?: start by .*;)? killed by SIGSEGV\n/m);
  assert.doesNotMatch(out, /other/);
});

test("without --watch, labels and names select together", async () => {
  const fake = await createFakeHost();
  const client = createHostClient({ address: fake.address });
  for (const [index, name] of ["alpha", "beta", "gamma"].entries()) {
    const labels: Record<string, string> = name === "gamma" ? {} : { mode: "versus" };
    await client.instances.initializeInstance({ name, spec: { port: 27015 + index }, labels });
  }
  const names = async (...args: string[]) => {
    const { out } = await run(["status", ...args, "--label", "mode=versus", "--json", "--address", fake.address]);
    return (JSON.parse(out) as { name?: string; error?: { code: string } }[]).map(({ name, error }) => name ?? error?.code);
  };
  assert.deepEqual(await names(), ["alpha", "beta"]);
  assert.deepEqual(await names("beta", "gamma"), ["beta", "NOT_FOUND"]);
  client.close();
  await fake.close();
});

test("a page on a terminal: CPU from two samples, names that are not there, ? for the unknown, the end restored", async () => {
  await using setup = await scriptedHost({
    tells: [
      hello,
      told(ChangeType.ADDED, "beta", 1n, {
        status: { state: InstanceState.RUNNING, readiness: Readiness.NOT_READY, drift: Drift.STARTED_OUTSIDE, restarts: 3 },
      }),
      told(ChangeType.ADDED, "alpha", 2n, running(10_000, 1000)),
      told(ChangeType.ADDED, "odd", 3n, { spec: undefined, status: undefined }),
      told(ChangeType.ADDED, "stopped", 4n, {
        status: { state: InstanceState.STOPPED, readiness: Readiness.NOT_APPLICABLE, drift: Drift.NONE },
      }),
      bookmark,
      told(ChangeType.MODIFIED, "alpha", 2n, running(12_000, 1750)),
    ],
  });
  const screen = new FakeScreen(120, 24);
  const args = ["status", "-w", "alpha", "beta", "odd", "stopped", "gamma", "--address", setup.host.address];
  const { code, out, err } = await run(args, { isTty: true, env: { NO_COLOR: "1" }, screen, ...until((text) => text.includes("38 %")) });
  assert.deepEqual([code, err, screen.opened, screen.closed], [130, "", 1, 1]);
  const { lines, after } = lastPage(out);
  const rows = [
    "NAME     STATE    READY  CPU   MEMORY   TASKS  RESTARTS  DRIFT            PORT",
    "alpha    RUNNING  yes    38 %  512 MiB  8      0                          27015",
    "beta     RUNNING  no     ?     ?        ?      3         started outside  27015",
    "gamma    absent",
    "odd      ?        ?      ?     ?        ?      ?         ?                ?",
    "stopped  STOPPED  -      -     -        -      0                          27015",
  ];
  assert.match(lines[0] ?? "", /^4 instances, 2 running; unix:\S+; \d\d:\d\d:\d\d$/);
  assert.deepEqual(lines.slice(1), rows);
  assert.equal(after, `${rows.join("\n")}\n`, "what was seen last stays");
  assert.deepEqual(setup.requests[0]?.filter?.names, ["alpha", "beta", "odd", "stopped", "gamma"]);
  assert.equal(setup.requests[0]?.usageInterval?.seconds, 2n);
});

test("a page is cut to the terminal, and drawn anew when that is resized", async () => {
  const names = Array.from({ length: 30 }, (_, index) => `server-${String(index).padStart(2, "0")}`);
  await using setup = await scriptedHost({ tells: [hello, ...names.map((name) => told(ChangeType.ADDED, name, 1n)), bookmark] });
  const screen = new FakeScreen(30, 10);
  const pages: (readonly string[])[] = [];
  await run(["status", "--watch", "--address", setup.host.address], {
    isTty: true,
    screen,
    onOut: (text, { interrupt }) => {
      pages.push(lastPage(text).lines);
      if (pages.length === 1) screen.resize(12, 5);
      if (pages.length === 3) interrupt("SIGINT");
    },
  });
  const [small, smaller] = pages;
  assert.deepEqual([small?.length, smaller?.length], [10, 5]);
  assert.match(small?.[0] ?? "", /^30 instances, 0 running; unix…$/);
  assert.deepEqual(small?.at(-1), "… and 23 more: a larger termi…");
  assert.deepEqual(smaller?.slice(1, 3), ["NAME       …", "server-00  …"]);
  assert.ok(small?.every((line) => line.length <= 30) && smaller?.every((line) => line.length <= 12));
});

test("an outage is shown on the page until the host is heard again, although nothing has changed", async () => {
  const first = [hello, told(ChangeType.ADDED, "alpha", 1n, running(10_000, 1000)), bookmark];
  await using setup = await scriptedHost({ tells: first, breaks: true }, { tells: [hello] });
  const titles: string[] = [];
  const { code } = await run(["status", "--watch", "--address", setup.host.address], {
    isTty: true,
    screen: new FakeScreen(100, 10),
    onOut: (text, { interrupt }) => {
      const title = lastPage(text).lines[0]?.replace(/\d\d:\d\d:\d\d/, "TIME") ?? "";
      if (titles.at(-1) !== title) titles.push(title);
      if (titles.length === 3) interrupt("SIGINT");
    },
  });
  assert.equal(code, 130);
  assert.deepEqual(titles, [
    `1 instance, 1 running; ${setup.host.address}; TIME`,
    "connection lost (the stream broke), reconnecting; this is as of TIME",
    `1 instance, 1 running; ${setup.host.address}; TIME`,
  ]);
});

test("after a resync the lines tell only what differs", async () => {
  await using setup = await scriptedHost(
    {
      tells: [hello, told(ChangeType.ADDED, "same", 1n), told(ChangeType.ADDED, "gone", 2n), bookmark],
      breaks: true,
    },
    { tells: [hello, resync, told(ChangeType.ADDED, "same", 1n), told(ChangeType.ADDED, "new", 9n), bookmark] },
  );
  const { out, err } = await run(["status", "--watch", "same", "gone", "new", "--address", setup.host.address], {
    ...until((text) => text.includes("gone: removed")),
  });
  assert.deepEqual(
    out
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(9)),
    [
      "same: ?, readiness ?; CPU ?, memory ?, tasks ?",
      "gone: ?, readiness ?; CPU ?, memory ?, tasks ?",
      "new: ?, readiness ?; CPU ?, memory ?, tasks ?",
      "gone: removed",
    ],
  );
  assert.equal(
    err,
    "=== there is no instance new yet ===\n=== connection lost (the stream broke), reconnecting; Ctrl-C ends ===\n=== connected again ===\n=== there is no instance gone yet ===\n",
  );
});

test("--json: an object a change, samples only with --interval", async () => {
  const tells = [
    hello,
    told(ChangeType.ADDED, "alpha", 1n, running(10_000, 1000)),
    bookmark,
    told(ChangeType.MODIFIED, "alpha", 1n, running(12_000, 1333)),
    told(ChangeType.MODIFIED, "alpha", 2n, running(14_000, 1333)),
    told(ChangeType.REMOVED, "alpha", 3n),
  ];
  await using setup = await scriptedHost({ tells }, { tells });
  const documents = async (...args: string[]) => {
    const { out } = await run(
      ["status", "--watch", "--json", ...args, "--address", setup.host.address],
      until((text) => text.includes("REMOVED")),
    );
    type Document = {
      readonly type: string;
      readonly instance: { readonly name: string; readonly revision: string };
      readonly cpuPercent?: number;
    };
    return out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Document);
  };
  const shown = ({ type, instance, cpuPercent }: Awaited<ReturnType<typeof documents>>[number]) => [
    type,
    instance.name,
    instance.revision,
    cpuPercent,
  ];
  assert.deepEqual((await documents()).map(shown), [
    ["CHANGE_TYPE_ADDED", "alpha", "1", undefined],
    ["CHANGE_TYPE_MODIFIED", "alpha", "2", 0],
    ["CHANGE_TYPE_REMOVED", "alpha", "3", undefined],
  ]);
  assert.deepEqual((await documents("--interval", "5s")).map(shown)[1], ["CHANGE_TYPE_MODIFIED", "alpha", "1", 16.7]);
  assert.deepEqual(
    setup.requests.map(({ usageInterval }) => usageInterval?.seconds),
    [2n, 5n],
  );
});

test("a dumb terminal gets lines; a reader that leaves ends it with 0, --timeout with 8", async () => {
  await using setup = await scriptedHost(
    ...Array.from({ length: 3 }, () => ({ tells: [hello, told(ChangeType.ADDED, "alpha", 1n), bookmark] })),
  );
  const args = ["status", "--watch", "--address", setup.host.address];
  const left = await run(args, { isTty: true, onOut: (_, { closeOut }) => closeOut() });
  assert.deepEqual([left.code, left.err, left.out.slice(9, 17)], [0, "", "alpha: ?"]);
  const late = await run([...args, "--timeout", "200ms", "--json"]);
  assert.deepEqual([late.code, late.err], [8, "=== the 0.2 s of --timeout are over; without --timeout it goes on ===\n"]);
  assert.equal((JSON.parse(late.out.trimEnd().split("\n").at(-1) ?? "") as { error: { code: string } }).error.code, "DEADLINE_EXCEEDED");
});

test("no host is an error, not an empty page; options that cannot be used", async () => {
  const screen = new FakeScreen(80, 24);
  const nobody = await run(["status", "--watch", "--address", "unix:/nonexistent/a.sock"], { isTty: true, screen });
  assert.deepEqual([nobody.code, nobody.out, screen.opened], [6, "", 0]);
  assert.match(nobody.err, /^error: no host answers at unix:\/nonexistent\/a\.sock/);
  for (const wrong of [
    ["--interval", "2s"],
    ["--watch", "--interval", "500ms"],
    ["--watch", "--interval", "0"],
    ["--watch", "--label", "x"],
  ]) {
    const { code, err, out } = await run(["status", "--json", ...wrong]);
    assert.equal(code, 2, wrong.join(" "));
    assert.match(err, /^error: /);
    assert.equal((JSON.parse(out) as { error: { code: string } }).error.code, "INVALID_ARGUMENT");
  }
});
