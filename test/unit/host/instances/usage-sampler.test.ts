import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import type { ResourceUsage } from "../../../../src/domain/runtime-status.ts";
import { UsageSampler } from "../../../../src/host/instances/usage-sampler.ts";

const names = Array.from({ length: 20 }, (_, index) => `game-${index}`);

describe("the samples of what games use", () => {
  let now = 0;
  let reads: string[] = [];
  let running: readonly string[] = names;
  let beginning = "";
  let sampler: UsageSampler;

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    [now, reads, running, beginning] = [0, [], names, ""];
    const read = (name: string): ResourceUsage | undefined => {
      reads.push(name);
      if (beginning === name) return undefined;
      return { sampleTime: new Date(now), cpuSeconds: reads.length };
    };
    sampler = new UsageSampler(
      read,
      () => running,
      () => now,
    );
  });
  afterEach(() => {
    sampler.close();
    mock.timers.reset();
  });

  /** A second passes, and a round of samples with it. */
  async function second(): Promise<void> {
    now += 1000;
    mock.timers.tick(1000);
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
  }

  it("are read once for all who ask, and everything in one round a second", async () => {
    for (let asked = 0; asked < 50; asked += 1) sampler.of("game-0");
    assert.deepEqual(reads, ["game-0"]);
    await second();
    assert.equal(reads.length, 1 + names.length);
    for (const name of names) assert.equal(sampler.of(name)?.sampleTime.getTime(), 1000);
    assert.equal(reads.length, 1 + names.length);
  });

  it("are no longer read when nobody has asked for ten seconds", async () => {
    sampler.of("game-0");
    for (let seconds = 0; seconds < 15; seconds += 1) await second();
    assert.equal(reads.length, 1 + 10 * names.length);
    assert.equal(sampler.of("game-0")?.sampleTime.getTime(), 15_000, "and the first who asks again gets no old one");
  });

  it("of an earlier run are none of the next", async () => {
    sampler.of("game-0");
    now = 500;
    sampler.forget("game-0");
    assert.equal(sampler.of("game-0")?.sampleTime.getTime(), 500);
  });

  it("of a game that begins are asked for until there is one", () => {
    beginning = "game-0";
    assert.equal(sampler.of("game-0"), undefined);
    beginning = "";
    assert.equal(sampler.of("game-0")?.sampleTime.getTime(), 0);
  });

  it("of a run that ends while a round goes on are none of the next run", async () => {
    sampler.of("game-0");
    now = 1000;
    mock.timers.tick(1000); // the first of the round have been read
    sampler.forget("game-0");
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
    now = 1500;
    assert.equal(sampler.of("game-0")?.sampleTime.getTime(), 1500);
  });

  it("of what does not run any more are not kept", async () => {
    sampler.of("game-0");
    running = ["game-1"];
    await second();
    reads = [];
    sampler.of("game-1");
    assert.deepEqual(reads, []);
    sampler.of("game-0");
    assert.deepEqual(reads, ["game-0"]);
  });
});
