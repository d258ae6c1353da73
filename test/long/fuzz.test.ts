import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fuzzTargetInWorker } from "../evidence/fuzz/fuzz-target-in-worker.ts";
import { fuzz } from "../evidence/fuzz/main.ts";

const planted = (fault: string) => new URL(`planted-target.ts?${fault}`, import.meta.url);
const options = { corpus: [], seed: 1, rounds: 30_000 };

describe("fuzzing", () => {
  it("finds no fault in its short form, and takes something of everything", async () => {
    const { problems, figures } = await fuzz.run({ seed: 1, rounds: fuzz.rounds.short, log: () => {} });
    assert.deepEqual(problems, []);
    assert.ok(Number(figures["inputs"]) >= fuzz.rounds.short);
  });

  for (const kind of ["crash", "wrong", "escape", "hang", "memory"]) {
    it(`finds what is planted behind four bytes: ${kind}`, async () => {
      // A full heap is told only behind long collections.
      const deadlineMs = kind === "hang" ? 5000 : 60_000;
      const { faults } = await fuzzTargetInWorker(planted(kind), { ...options, deadlineMs, heapMiB: 64 });
      assert.deepEqual(
        faults.map((fault) => [fault.kind, Buffer.from(fault.input, "base64").toString().slice(0, 4)]),
        [[kind, "fuz{"]],
      );
    });
  }

  it("says what was to guide the search and is no module", async () => {
    const { blind } = await fuzzTargetInWorker(planted("moved"), { ...options, rounds: 10 });
    assert.deepEqual(blind, ["/moved/since"]);
  });

  it("tells nothing of a target without a fault, tries as often as it was told, and keeps few inputs that reach as much", async () => {
    const report = await fuzzTargetInWorker(planted("none"), { ...options, minimise: true });
    assert.deepEqual([report.faults, report.inputs], [[], options.rounds]);
    assert.ok(report.corpus.length <= 6, `${report.corpus.length} inputs`);
    const again = await fuzzTargetInWorker(planted("none"), { ...options, rounds: 10, corpus: report.corpus });
    // V8 forgets functions that never ran now and then, and so counts a little more or less.
    assert.ok(again.reached > report.reached - 0.03, `${again.reached}, before ${report.reached}`);
  });
});
