import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, LifecycleEvent, LogGapReason } from "../../../src/client/index.ts";
import type { StreamLogsRequest } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";
import { runUntilHeard } from "./run-until-heard.ts";

const time = timestampFromDate(new Date(2026, 0, 31, 18, 5, 9));
const entry = (cursor: string, message: string, more: object = {}) => ({ cursor, message, time, invocationId: "i1", ...more });

async function logHost() {
  const requests: StreamLogsRequest[] = [];
  const host = await startSocketHost({
    logs: {
      async *streamLogs(request, context) {
        requests.push(request);
        if (request.name === "missing") throw failure(Code.NotFound, "INSTANCE_NOT_FOUND", "no instance missing");
        yield { event: { case: "hello" as const, value: { cursor: "0" } } };
        const entries = [
          entry("1", "started as pid 7", { event: LifecycleEvent.STARTED }),
          entry("2", "hello \x1b[2J world", { event: LifecycleEvent.NONE }),
          entry("3", "bad \ufffd", { raw: Buffer.from([0x62, 0x61, 0x64, 0x20, 0xff]), timeEstimated: true }),
          entry("4", "long", { partial: true }),
          entry("5", "er", {}),
        ];
        yield { event: { case: "batch" as const, value: { entries } } };
        yield { event: { case: "gap" as const, value: { lost: 12n, reason: LogGapReason.SLOW_CLIENT, cursor: "6" } } };
        yield { event: { case: "gap" as const, value: { reason: LogGapReason.TRIMMED, cursor: "7" } } };
        if (request.name === "deleted") throw failure(Code.NotFound, "INSTANCE_NOT_FOUND", "no instance deleted");
        if (request.name === "flaky" && requests.length === 1) throw new ConnectError("gone", Code.Unavailable);
        if (request.follow) await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      },
    },
  });
  return { host, requests, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

const gaps = "=== 12 lines lost (this reader was too slow) ===\n=== an unknown number of lines lost (the log was trimmed) ===\n";

test("without following: time, date of another day, and text, events marked, gaps on stderr", async () => {
  await using setup = await logHost();
  const { code, out, err } = await run(["logs", "a", "--no-follow", "--lines", "7", "--address", setup.host.address]);
  assert.equal(code, 0);
  assert.equal(
    out,
    [
      "2026-01-31 18:05:09 --- started as pid 7",
      "2026-01-31 18:05:09 hello \x1b[2J world",
      "2026-01-31 18:05:09~bad \ufffd",
      "2026-01-31 18:05:09 longer",
      "",
    ].join("\n"),
  );
  assert.equal(err, gaps);
  assert.equal(setup.requests[0]?.lines, 7);
  assert.equal(setup.requests[0]?.follow, false);
});

test("on a terminal, control characters of the game are shown, not obeyed", async () => {
  await using setup = await logHost();
  const { out } = await run(["logs", "a", "--no-follow", "--address", setup.host.address], { isTty: true });
  assert.match(out, /hello \\x1b\[2J world/);
});

test("--plain: the text alone, with the original bytes", async () => {
  await using setup = await logHost();
  for (const style of [["--plain"], ["-o", "cat"]]) {
    const { out } = await run(["logs", "a", "--no-follow", ...style, "--address", setup.host.address]);
    assert.equal(out, "--- started as pid 7\nhello \x1b[2J world\nbad \xff\nlonger\n");
  }
});

test("a gap and an event end a line that came in pieces", async () => {
  await using host = await startSocketHost({
    logs: {
      async *streamLogs() {
        const batch = (...entries: ReturnType<typeof entry>[]) => ({ event: { case: "batch" as const, value: { entries } } });
        yield { event: { case: "hello" as const, value: { cursor: "0" } } };
        yield batch(entry("1", "half of one line", { partial: true }));
        yield { event: { case: "gap" as const, value: { lost: 1n, reason: LogGapReason.TRIMMED, cursor: "2" } } };
        yield batch(entry("3", "another line"), entry("4", "half of its last line", { partial: true }));
        yield batch(entry("5", "ended", { event: LifecycleEvent.EXITED }), entry("6", "begins anew"));
      },
    },
  });
  const args = ["logs", "a", "--no-follow", "--plain", "--address", host.address];
  assert.equal((await run(args)).out, "half of one line\nanother line\nhalf of its last line\n--- ended\nbegins anew\n");
  assert.equal((await run([...args, "--grep", "half of one"])).out, "half of one line\n--- ended\n");
});

test("--json: a LogEntry a line, gaps as {gap}", async () => {
  await using setup = await logHost();
  const { out, err } = await run(["logs", "a", "--no-follow", "--json", "--address", setup.host.address]);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(lines.length, 7);
  assert.equal(lines[0]?.["event"], "LIFECYCLE_EVENT_STARTED");
  assert.equal(lines[2]?.["raw"], "YmFkIP8=");
  assert.deepEqual(lines[5], { gap: { lost: "12", reason: "LOG_GAP_REASON_SLOW_CLIENT", cursor: "6" } });
  assert.equal(err, gaps);
});

test("following is the default; Ctrl-C ends it with 130, SIGTERM with 143, a closed reader with 0", async () => {
  await using setup = await logHost();
  const address = ["--address", setup.host.address];
  const isWhole = (text: string) => text.includes("longer");
  const stopped = await run(["logs", "a", ...address], { onOut: (text, ends) => isWhole(text) && ends.interrupt("SIGINT") });
  assert.deepEqual([stopped.code, stopped.out.split("\n").length], [130, 5]);
  assert.equal(
    (await run(["logs", "a", "-f", ...address], { onOut: (text, ends) => isWhole(text) && ends.interrupt("SIGTERM") })).code,
    143,
  );
  assert.equal((await run(["logs", "a", ...address], { onOut: (text, ends) => isWhole(text) && ends.closeOut() })).code, 0);
  const late = await runUntilHeard(
    (timeout) => run(["logs", "a", "--timeout", timeout, ...address]),
    ({ out }) => isWhole(out),
  );
  const told = `=== the ${late.seconds} s of --timeout are over; the last entry came at 2026-01-31 18:05:09; without --timeout it goes on ===\n`;
  assert.deepEqual([late.code, late.err.slice(-told.length)], [8, told]);
  assert.equal(setup.requests[0]?.follow, true);
  assert.equal(setup.requests[0]?.lines, undefined);
});

test("a follower of an instance that is deleted is told so, and ends with 3", async () => {
  await using setup = await logHost();
  const followed = await run(["logs", "deleted", "--address", setup.host.address]);
  assert.deepEqual([followed.code, followed.err], [3, `${gaps}=== instance deleted was deleted ===\n`]);
  const json = await run(["logs", "deleted", "--json", "--address", setup.host.address]);
  const last = JSON.parse(json.out.trimEnd().split("\n").at(-1) ?? "") as { error: { reason: string } };
  assert.deepEqual([json.code, last.error.reason], [3, "INSTANCE_NOT_FOUND"]);
});

test("a lost connection is told and resumed", async () => {
  await using setup = await logHost();
  const { err } = await run(["logs", "flaky", "--address", setup.host.address], {
    onOut: (text, ends) => text.split("longer").length === 3 && ends.interrupt("SIGINT"),
  });
  assert.match(err, /=== connection lost \(the stream broke\); trying again in \d+ ms/);
  assert.deepEqual(
    setup.requests.map(({ start }) => start.value),
    [undefined, "7"],
  );
});

test("starts are passed on; wrong options and missing instances", async () => {
  await using setup = await logHost();
  const address = ["--no-follow", "--address", setup.host.address];
  await run(["logs", "a", "--after-cursor", "c9", ...address]);
  await run(["logs", "a", "--invocation", "i7", ...address]);
  await run(["logs", "a", "--since", "10m", ...address]);
  assert.deepEqual(
    setup.requests.map(({ start }) => start.case),
    ["afterCursor", "invocationId", "since"],
  );
  for (const wrong of [
    ["--since", "yesterday"],
    ["--lines", "-1"],
    ["--lines", "1e9"],
    ["--since", "1m", "--after-cursor", "x"],
    ["-o", "xml"],
    ["--timeout", "soon"],
  ]) {
    const { code, err } = await run(["logs", "a", ...wrong, ...address]);
    assert.equal(code, 2, wrong.join(" "));
    assert.match(err, /^error: /);
  }
  const missing = await run(["logs", "missing", "--no-follow"], { env: { LEFT4ME_ADDRESS: setup.host.address } });
  assert.deepEqual(
    [missing.code, missing.err],
    [3, "error: no instance missing\nhint: the instances there are: l4d2ctl list; to create it: l4d2ctl initialize NAME -f spec.yaml\n"],
  );
});
