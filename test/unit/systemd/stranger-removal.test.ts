import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StrangerRemoval } from "../../../src/drivers/systemd/orders/stranger-removal.ts";

/** Removals that end when they are told to. */
class Bench {
  readonly begun: string[] = [];
  readonly notes: string[] = [];
  readonly removal = new StrangerRemoval(
    (name) => this.#begin(name),
    (note) => this.notes.push(note),
  );
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();

  end(name: string): void {
    this.#ends.get(name)?.resolve();
  }

  fail(name: string): void {
    this.#ends.get(name)?.reject(new Error("target is busy"));
  }

  #begin(name: string): Promise<void> {
    this.begun.push(name);
    const end = Promise.withResolvers<void>();
    this.#ends.set(name, end);
    return end.promise;
  }
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.finally(() => {
    settled = true;
  });
  await turn();
  return settled;
}

test("waits for those that end in time, and not at all when there are none", async () => {
  const bench = new Bench();
  await bench.removal.begin([]);
  const opening = bench.removal.begin(["a", "b"], 60_000);
  bench.end("a");
  assert.equal(await isSettled(opening), false);
  bench.end("b");
  await opening;
  assert.deepEqual(
    bench.notes,
    ["a", "b"].map((name) => `${name}: removing what an instance that is no longer known left`),
  );
});

test("one that is stuck keeps nobody but a namesake", async () => {
  const bench = new Bench();
  const opening = bench.removal.begin(["stuck", "a"], 50);
  bench.end("a");
  await opening;
  assert.match(bench.notes.at(-1) ?? "", /still removing stuck$/);
  const namesake = bench.removal.gone("stuck");
  assert.equal(await isSettled(namesake), false);
  await bench.removal.gone("a");
  await bench.removal.gone("never known");
  bench.end("stuck");
  await namesake;
  assert.deepEqual(bench.begun, ["stuck", "a"]);
});

test("a failure is logged; then the name is free", async () => {
  const bench = new Bench();
  const opening = bench.removal.begin(["a"]);
  const namesake = bench.removal.gone("a");
  bench.fail("a");
  await Promise.all([opening, namesake, bench.removal.gone("a")]);
  assert.match(bench.notes.at(-1) ?? "", /^a: could not be removed and is left as it is: Error: target is busy$/);
});

test("no more than a few are removed at once, but whoever needs a name needs not queue", async () => {
  const bench = new Bench();
  const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
  const opening = bench.removal.begin(names, 60_000);
  assert.equal(bench.begun.length, 8);
  const namesake = bench.removal.gone("s19");
  assert.deepEqual(bench.begun.slice(8), ["s19"]);
  bench.end("s19");
  await namesake;
  for (const name of names) {
    bench.end(name);
    await turn();
  }
  await opening;
  assert.deepEqual(bench.begun.toSorted(), names.toSorted());
});

test("after the close none is begun, and a failure is not told", async () => {
  const bench = new Bench();
  const names = Array.from({ length: 9 }, (_, index) => `s${index}`);
  await bench.removal.begin(names, 1);
  bench.removal.close();
  const told = bench.notes.length;
  for (const name of names) bench.fail(name);
  await turn();
  assert.deepEqual([bench.begun.length, bench.notes.length], [8, told]);
});
