import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createHostClient, LifecycleEvent, LogGapReason } from "../../../src/client/index.ts";
import type { StreamLogsRequest } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { createFakeHost } from "../../../src/testing/index.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";
import { runUntilHeard } from "./run-until-heard.ts";

/** The fake host of the package with two running games; `alpha` and `beta-2` have the label. */
async function runningGames() {
  const fake = await createFakeHost();
  const client = createHostClient({ address: fake.address });
  for (const [index, name] of ["alpha", "beta-2", "gamma"].entries()) {
    const labels: Record<string, string> = name === "gamma" ? {} : { mode: "versus" };
    await client.instances.initializeInstance({ name, spec: { port: 27015 + index }, labels });
    if (name !== "gamma") await client.instances.startInstance({ name });
  }
  return {
    fake,
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await fake.close();
    },
  };
}

const time = timestampFromDate(new Date(2026, 0, 31, 18, 5, 9));
const entry = (cursor: string, message: string, more: object = {}) => ({ cursor, message, time, invocationId: "i1", ...more });

/**
 * Every instance but `missing` has a log of its own; `flaky` ones lose the connection once, `deleted` is deleted, and
 * `flaky-gone` meanwhile.
 */
async function logHost() {
  const requests: StreamLogsRequest[] = [];
  const host = await startSocketHost({
    instances: { listInstances: ({ filter }) => ({ instances: filter?.labels["mode"] === "none" ? [] : [{ name: "alpha" }] }) },
    logs: {
      async *streamLogs(request, context) {
        const { name } = request;
        const isFirst = requests.every((earlier) => earlier.name !== name);
        requests.push(request);
        if (name === "missing" || (name === "flaky-gone" && !isFirst))
          throw failure(Code.NotFound, "INSTANCE_NOT_FOUND", 'there is no instance "missing"', { metadata: { name } });
        yield { event: { case: "hello" as const, value: { cursor: "0" } } };
        const entries = [
          entry("1", "started", { event: LifecycleEvent.STARTED }),
          entry("2", `Hello from ${name}`, { raw: Buffer.from(`Hello from ${name}`) }),
          entry("3", "long", { partial: true }),
          entry("4", "er"),
          entry("5", "short"),
        ];
        if (isFirst) yield { event: { case: "batch" as const, value: { entries } } };
        if (isFirst) yield { event: { case: "gap" as const, value: { lost: 1n, reason: LogGapReason.TRIMMED, cursor: "6" } } };
        if (name === "deleted") throw failure(Code.NotFound, "INSTANCE_NOT_FOUND", "no instance deleted");
        if (name.startsWith("flaky") && isFirst) {
          await new Promise((resolve) => setTimeout(resolve, 30));
          throw new ConnectError("gone", Code.Unavailable);
        }
        if (!isFirst) yield { event: { case: "batch" as const, value: { entries: [entry("7", `back again: ${name}`)] } } };
        if (request.follow) await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      },
    },
  });
  return { host, requests, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

const linesOf = (text: string) => text.trimEnd().split("\n");

test("two instances of the fake host, as they arrive: aligned names, time, events of the life cycle", async () => {
  await using setup = await runningGames();
  const { fake } = setup;
  let isPrinted = false;
  const { code, out, err } = await run(["logs", "alpha", "beta-2", "--address", fake.address], {
    onOut: (text, { interrupt }) => {
      const areOpen = text.includes("alpha  | ") && text.includes("beta-2 | ");
      if (areOpen && !isPrinted) {
        isPrinted = true;
        fake.print("beta-2", "only now");
        fake.print("alpha", "and last");
      }
      if (text.includes("and last") && text.includes("only now")) interrupt("SIGINT");
    },
  });
  assert.deepEqual([code, err], [130, ""]);
  for (const line of linesOf(out)) assert.match(line, /^(alpha |beta-2) \| \d\d:\d\d:\d\d ./);
  assert.match(out, /^alpha {2}\| \d\d:\d\d:\d\d --- game started$/m);
  assert.match(out, /^beta-2 \| \d\d:\d\d:\d\d only now$/m);
});

test("--label selects those that have it, among the names where there are names", async () => {
  await using setup = await runningGames();
  const address = ["--no-follow", "--plain", "--address", setup.fake.address];
  const names = (out: string) => new Set(linesOf(out).map((line) => line.split(" ")[0]));
  assert.deepEqual(names((await run(["logs", "--label", "mode=versus", ...address])).out), new Set(["alpha", "beta-2"]));
  const one = await run(["logs", "beta-2", "gamma", "--label", "mode=versus", ...address]);
  assert.deepEqual(names(one.out), new Set(["beta-2"]));
  assert.deepEqual(
    [one.code, one.err],
    [
      3,
      `error: gamma: there is no instance "gamma" with the label mode=versus\nhint: the instances there are: l4d2ctl --address ${setup.fake.address} list\n`,
    ],
  );
  const none = await run(["logs", "--label", "mode=coop", "--json", ...address]);
  assert.deepEqual([none.code, none.err.split("\n")[0]], [3, "error: no instance has the label mode=coop"]);
  assert.equal((JSON.parse(none.out) as { error: { code: string } }).error.code, "NOT_FOUND");
});

test("--grep on the fake host: what matches, and the events", async () => {
  await using setup = await runningGames();
  setup.fake.print("alpha", "Client connected");
  const { code, out } = await run([
    "logs",
    "alpha",
    "--plain",
    "--no-follow",
    "--grep",
    "^Client|Network",
    "--address",
    setup.fake.address,
  ]);
  assert.equal(code, 0);
  const [started, ...matching] = linesOf(out).filter((line) => line !== "--- game is ready");
  assert.equal(started, "--- game started");
  assert.match(matching.join("\n"), /^Network: .*\nClient connected$/);
});

test("--grep keeps the rest of a line that came in pieces, and gap notices", async () => {
  await using setup = await logHost();
  const grep = async (pattern: string) =>
    await run(["logs", "a", "--plain", "--no-follow", "--grep", pattern, "--address", setup.host.address]);
  const first = await grep("^long");
  assert.deepEqual([first.out, first.err], ["--- started\nlonger\n", "=== 1 line lost (the log was trimmed) ===\n"]);
  setup.requests.length = 0;
  assert.equal((await grep("^er$|short")).out, "--- started\ner\nshort\n");
});

test("on a terminal each name has a colour of its own, unless NO_COLOR says otherwise", async () => {
  await using setup = await logHost();
  const args = ["logs", "alpha", "b", "--no-follow", "--address", setup.host.address];
  const coloured = await run(args, { isTty: true });
  assert.match(coloured.out, /^\x1b\[36malpha \| \x1b\[0m2026-01-31 18:05:09 Hello from alpha$/m);
  assert.match(coloured.out, /^\x1b\[32mb {5}\| \x1b\[0m2026-01-31 18:05:09 Hello from b$/m);
  setup.requests.length = 0;
  const plain = await run(args, { isTty: true, env: { NO_COLOR: "1" } });
  assert.match(plain.out, /^b {5}\| 2026-01-31 18:05:09 Hello from b$/m);
  assert.doesNotMatch(plain.out, /\x1b/);
});

test("pieces of a long line are lines of their own, original bytes have the name before them, gaps tell it", async () => {
  await using setup = await logHost();
  const { out, err } = await run(["logs", "a", "b", "--plain", "--no-follow", "--address", setup.host.address]);
  const ofA = linesOf(out).filter((line) => line.startsWith("a | "));
  assert.deepEqual(ofA, ["a | --- started", "a | Hello from a", "a | long", "a | er", "a | short"]);
  assert.match(err, /^=== a: 1 line lost \(the log was trimmed\) ===$/m);
});

test("--json has the instance in every document", async () => {
  await using setup = await logHost();
  const { out } = await run(["logs", "a", "b", "missing", "--json", "--no-follow", "--grep", "Hello", "--address", setup.host.address]);
  const documents = linesOf(out).map((line) => JSON.parse(line) as Record<string, unknown>);
  const ofA = documents.filter(({ instance }) => instance === "a");
  assert.deepEqual(
    ofA.map(({ message, gap }) => message ?? gap),
    ["started", "Hello from a", { lost: "1", reason: "LOG_GAP_REASON_TRIMMED", cursor: "6" }],
  );
  const [missing] = documents.filter(({ instance }) => instance === "missing") as { error: { reason: string } }[];
  assert.equal(missing?.error.reason, "INSTANCE_NOT_FOUND");
  const one = await run(["logs", "a", "--json", "--no-follow", "--address", setup.host.address]);
  assert.doesNotMatch(one.out, /"instance"/);
});

test("one that fails hides nothing of the others; the highest code counts at the end", async () => {
  await using setup = await logHost();
  const { code, out, err } = await run(["logs", "missing", "deleted", "a", "--no-follow", "--plain", "--address", setup.host.address]);
  assert.equal(code, 3);
  assert.match(out, /^a {7}\| short$/m);
  assert.match(err, /^error: missing: there is no instance "missing"\nhint: .*l4d2ctl --address \S+ initialize missing -f spec\.yaml$/m);
  assert.match(err, /^=== instance deleted was deleted ===$/m);
  const followed = await runUntilHeard(
    (timeout) => run(["logs", "missing", "a", "--plain", "--timeout", timeout, "--address", setup.host.address]),
    ({ out }) => out !== "",
  );
  const told = `=== the ${followed.seconds} s of --timeout are over; the last entry came at 2026-01-31 18:05:09; without --timeout it goes on ===\n`;
  assert.deepEqual([followed.code, followed.err.slice(-told.length)], [8, told]);
});

test("an outage is told once for all, and each log is resumed where it was", async () => {
  await using setup = await logHost();
  const { code, err } = await run(["logs", "flaky-1", "flaky-2", "--address", setup.host.address], {
    onOut: (text, ends) => text.split("back again").length === 3 && ends.interrupt("SIGINT"),
  });
  assert.equal(code, 130);
  assert.equal(err.match(/connection lost/g)?.length, 1, err);
  assert.equal(err.match(/^=== connected again ===$/gm)?.length, 1, err);
  assert.deepEqual(
    setup.requests
      .slice(2)
      .map(({ name, start }) => `${name} ${start.value}`)
      .sort(),
    ["flaky-1 6", "flaky-2 6"],
  );
});

test("the outage of a log that ends in it does not last for the others", async () => {
  await using setup = await logHost();
  const { err } = await run(["logs", "flaky-gone", "flaky-1", "--address", setup.host.address], {
    // Whichever comes back first, the other one has ended or is back then.
    onErr: (text, ends) => text.includes("connected again") && ends.interrupt("SIGINT"),
    interruptBehind: new Promise((resolve) => setTimeout(resolve, 10_000).unref()),
  });
  assert.match(err, /=== connected again ===/);
});

test("starts, lines and following are passed on to each; what is of one log is refused for several", async () => {
  await using setup = await logHost();
  const address = ["--address", setup.host.address];
  await run(["logs", "a", "b", "a", "--no-follow", "--since", "10m", "--lines", "5", ...address]);
  assert.deepEqual(setup.requests.map(({ name, start, lines, follow }) => [name, start.case, lines, follow]).sort(), [
    ["a", "since", 5, false],
    ["b", "since", 5, false],
  ]);
  const wrong: readonly (readonly [args: string[], message: RegExp])[] = [
    [["a", "b", "--after-cursor", "c1"], /^error: --after-cursor is of one log: name one instance, without --label\n/],
    [["a", "--label", "x=y", "--after-cursor", "c1"], /^error: --after-cursor is of one log/],
    [["a", "b", "--invocation", "i1"], /^error: --invocation is of one log/],
    [["a", "--grep", "("], /^error: --grep takes a regular expression: .*Unterminated group\n/],
    [["a", "--label", "x"], /^error: "x" is not a label/],
    [[], /^error: name at least one instance, or select some with --label\n/],
  ];
  for (const [args, message] of wrong) {
    const { code, err } = await run(["logs", ...args, ...address]);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, message);
  }
  assert.equal(setup.requests.length, 2);
});
