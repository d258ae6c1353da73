import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { HostError } from "../../../../src/domain/host-error.ts";
import type { Verb } from "../../../../src/domain/instance.ts";
import { type OperationContext, OperationTable } from "../../../../src/host/life-cycle/operation-table.ts";

/** An operation whose end the test decides. */
function controlled() {
  const gate = Promise.withResolvers<string>();
  let context: OperationContext | undefined;
  const work = (given: OperationContext) => {
    context = given;
    given.signal.addEventListener("abort", () => gate.reject(given.signal.reason));
    return gate.promise;
  };
  return { work, end: gate.resolve, fail: gate.reject, began: () => context !== undefined };
}

function run(table: OperationTable, verb: Verb, work: (context: OperationContext) => Promise<string>, key: string | null = "k") {
  return table.run("a", { verb, caller: "test", work, ...(key === null ? {} : { key }) });
}

const rejectsWith = (promise: Promise<unknown>, reason: string) =>
  assert.rejects(promise, (error) => error instanceof HostError && error.reason === reason);

describe("OperationTable", () => {
  it("attaches an equal request and runs its work once", async () => {
    const table = new OperationTable(() => {});
    const first = controlled();
    const a = run(table, "START", first.work);
    const b = run(table, "START", () => assert.fail("must attach"));
    await turn();
    first.end("done");
    assert.deepEqual(await Promise.all([a, b]), ["done", "done"]);
    assert.equal(table.holder("a"), undefined);
  });

  it("never attaches without a key", async () => {
    const table = new OperationTable(() => {});
    const first = controlled();
    const a = run(table, "INITIALIZE", first.work, null);
    assert.throws(() => run(table, "INITIALIZE", first.work, null), { reason: "BUSY" });
    first.end("done");
    await a;
  });

  it("tells a busy caller who holds the instance", async () => {
    const table = new OperationTable(() => {});
    const first = controlled();
    const a = run(table, "RESET", first.work);
    await turn();
    assert.throws(
      () => run(table, "START", first.work),
      (error) => {
        assert(error instanceof HostError);
        assert.equal(error.reason, "BUSY");
        assert.equal(error.metadata["verb"], "RESET");
        assert.equal(error.metadata["caller"], "test");
        return true;
      },
    );
    first.end("done");
    await a;
  });

  it("tells a busy caller who holds the instance, not who waits for it", async () => {
    const table = new OperationTable(() => {});
    const stop = controlled();
    const stopped = run(table, "STOP", stop.work);
    const start = run(table, "START", async () => "started");
    assert.throws(
      () => run(table, "RESTART", () => assert.fail("must be refused")),
      (error) => error instanceof HostError && error.metadata["verb"] === "STOP",
    );
    stop.end("stopped");
    await Promise.all([stopped, start]);
  });

  it("an operation that waited began when it took the lock", async () => {
    const table = new OperationTable(() => {});
    const stop = controlled();
    const stopped = run(table, "STOP", stop.work);
    const start = controlled();
    const started = run(table, "START", start.work);
    await sleep(20);
    const before = Date.now();
    stop.end("stopped");
    await stopped;
    await turn();
    const holder = table.holder("a");
    assert.ok(holder?.verb === "START" && holder.startTime.getTime() >= before);
    start.end("started");
    await started;
  });

  it("supersedes a start, whose callers hear it at once, and waits until it has unwound", async () => {
    const table = new OperationTable(() => {});
    const unwind = Promise.withResolvers<string>();
    const start = run(table, "START", () => unwind.promise);
    await turn();
    const stop = controlled();
    const stopped = run(table, "STOP", stop.work);
    await rejectsWith(start, "SUPERSEDED");
    await turn();
    assert.equal(stop.began(), false);
    unwind.resolve("late");
    await turn();
    assert.equal(stop.began(), true);
    stop.end("stopped");
    assert.equal(await stopped, "stopped");
  });

  it("queues a start behind a stop; a second stop takes the queued start back and attaches", async () => {
    const table = new OperationTable(() => {});
    const stop = controlled();
    const stopped = run(table, "STOP", stop.work);
    await turn();
    const start = run(table, "START", () => assert.fail("was superseded"));
    const again = run(table, "STOP", () => assert.fail("must attach"));
    await rejectsWith(start, "SUPERSEDED");
    stop.end("stopped");
    assert.deepEqual(await Promise.all([stopped, again]), ["stopped", "stopped"]);
    await table.idle();
    assert.deepEqual(table.held(), []);
  });

  it("runs the queued start when the stop has ended, also when it failed", async () => {
    const table = new OperationTable(() => {});
    const stop = controlled();
    const stopped = run(table, "STOP", stop.work);
    await turn();
    const start = run(table, "START", async () => "started");
    stop.fail(new Error("no"));
    await assert.rejects(stopped, /no/);
    assert.equal(await start, "started");
  });

  it("lets a reset take a queued start's place behind the stop", async () => {
    const table = new OperationTable(() => {});
    const stop = controlled();
    const stopped = run(table, "STOP", stop.work);
    await turn();
    const start = run(table, "START", () => assert.fail("was superseded"));
    const reset = run(table, "RESET", async () => "reset");
    await rejectsWith(start, "SUPERSEDED");
    stop.end("stopped");
    assert.deepEqual(await Promise.all([stopped, reset]), ["stopped", "reset"]);
    assert.equal(table.holder("a"), undefined);
  });

  it("queues a start behind a stop that itself waits for a start to unwind", async () => {
    const table = new OperationTable(() => {});
    const unwind = Promise.withResolvers<string>();
    const first = run(table, "START", () => unwind.promise);
    await turn();
    const stopped = run(table, "STOP", async () => "stopped");
    const second = run(table, "START", async () => "started again");
    await rejectsWith(first, "SUPERSEDED");
    unwind.resolve("late");
    assert.deepEqual(await Promise.all([stopped, second]), ["stopped", "started again"]);
  });

  it("frees the instance after a failure", async () => {
    const seen: (string | undefined)[] = [];
    const table = new OperationTable((_, operation) => seen.push(operation?.verb));
    await assert.rejects(
      run(table, "START", () => Promise.reject(new Error("no"))),
      /no/,
    );
    await table.idle();
    assert.deepEqual(seen, ["START", undefined]);
    assert.equal(await run(table, "STOP", async () => "ok"), "ok");
  });

  it("keeps instances apart", async () => {
    const table = new OperationTable(() => {});
    const first = controlled();
    const a = run(table, "RESET", first.work);
    assert.equal(await table.run("b", { verb: "START", caller: "test", key: "k", work: async () => "b" }), "b");
    first.end("a");
    assert.equal(await a, "a");
  });
});
