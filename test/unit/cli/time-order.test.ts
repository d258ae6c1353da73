import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { TimeOrder } from "../../../src/cli/logs/time-order.ts";
import { Code } from "../../../src/client/index.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";

/** Prints these logs through an order of their own, each as fast as it may. */
async function printed(logs: Readonly<Record<string, readonly number[]>>): Promise<string[]> {
  const order = new TimeOrder(Object.keys(logs));
  const lines: string[] = [];
  const print = async ([log, times]: [string, readonly number[]]) => {
    for (const time of times) {
      await order.turn(log, time);
      lines.push(`${log}${time}`);
    }
    order.ended(log);
  };
  await Promise.all(Object.entries(logs).map(print));
  return lines;
}

test("the oldest entry of all logs comes first", async () => {
  assert.deepEqual(await printed({ a: [1, 4, 5], b: [2, 3, 9], c: [6] }), ["a1", "b2", "b3", "a4", "a5", "c6", "b9"]);
});

test("a log without entries holds nobody up, and entries of one log keep their order", async () => {
  assert.deepEqual(await printed({ a: [], b: [5, 3], c: [4] }), ["c4", "b5", "b3"]);
  assert.deepEqual(await printed({ a: [], b: [] }), []);
  assert.deepEqual(await printed({ a: [1, 1], b: [1] }), ["a1", "b1", "a1"]);
});

/** `a` and `b` have alternating times; `slow` begins later; `missing` is not there. */
async function logHost() {
  return await startSocketHost({
    logs: {
      async *streamLogs({ name }) {
        if (name === "missing") throw failure(Code.NotFound, "INSTANCE_NOT_FOUND", "there is none", { metadata: { name } });
        yield { event: { case: "hello" as const, value: { cursor: "" } } };
        if (name === "slow") await new Promise((resolve) => setTimeout(resolve, 200));
        const start = { a: 1000, b: 2000, slow: 500 }[name] ?? 0;
        const entries = [0, 2000, 4000].map((more) => ({
          cursor: `${more}`,
          message: `at ${start + more}`,
          time: timestampFromMs(start + more),
          invocationId: "i1",
        }));
        yield { event: { case: "batch" as const, value: { entries } } };
      },
    },
  });
}

test("logs of several without following stand in the order of their times; one that is missing holds nobody up", async () => {
  await using host = await logHost();
  const { out, code } = await run(["logs", "a", "missing", "b", "slow", "--no-follow", "--plain", "--address", host.address]);
  const lines = out.trim().split("\n");
  assert.deepEqual(
    lines.map((line) => line.replace(/^(\w+) +\| at (\d+)$/, "$1 $2")),
    ["slow 500", "a 1000", "b 2000", "slow 2500", "a 3000", "b 4000", "slow 4500", "a 5000", "b 6000"],
  );
  assert.equal(code, 3);
});
