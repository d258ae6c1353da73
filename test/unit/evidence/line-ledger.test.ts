import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LifecycleEvent, LogGapReason } from "../../../src/client/index.ts";
import { lineText } from "../../evidence/line-game.ts";
import { LineLedger } from "../../evidence/loss/line-ledger.ts";

const lines = 10;
type Told =
  | number
  | "STARTED"
  | "STOPPING"
  | "EXITED"
  | { readonly lost?: number; readonly reason?: LogGapReason }
  | { readonly text: string };

/** The ledger of a follower that was told this. */
function ledgerOf(...told: readonly Told[]): LineLedger {
  const ledger = new LineLedger(lines);
  for (const one of told) {
    if (typeof one === "number") ledger.entry({ message: lineText(one), event: LifecycleEvent.NONE, invocationId: "i" });
    else if (typeof one === "string") ledger.entry({ message: one, event: LifecycleEvent[one], invocationId: "i" });
    else if ("text" in one) ledger.entry({ message: one.text, event: LifecycleEvent.NONE, invocationId: "i" });
    else ledger.gap({ reason: one.reason ?? LogGapReason.SLOW_CLIENT, ...(one.lost === undefined ? {} : { lost: BigInt(one.lost) }) });
  }
  return ledger;
}

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("LineLedger", () => {
  it("is content with every line once", () => {
    const ledger = ledgerOf("STARTED", ...from(1, 10), "STOPPING", "EXITED");
    assert.deepEqual([ledger.problems, ledger.isOver, ledger.figures.lines], [[], true, 10]);
  });

  it("finds what is missing without a gap: at the beginning, within, at the end", () => {
    for (const told of [
      ["STARTED", ...from(3, 10), "EXITED"],
      [...from(1, 4), ...from(7, 10), "EXITED"],
      [...from(1, 8), "STOPPING", "EXITED"],
    ] satisfies Told[][]) {
      const ledger = ledgerOf(...told);
      assert.deepEqual([ledger.problems.length, ledger.figures.unexplained], [1, 2], JSON.stringify(told));
    }
  });

  it("finds what comes twice, or late", () => {
    assert.equal(ledgerOf(...from(1, 5), 5, ...from(6, 10), "EXITED").figures.duplicates, 1);
    const swapped = ledgerOf(1, 3, 2, ...from(4, 10), "EXITED");
    assert.deepEqual([swapped.figures.duplicates, swapped.figures.unexplained, swapped.problems.length], [1, 1, 2]);
  });

  it("accepts what a gap declares, counted or not, and gaps that add up", () => {
    for (const gaps of [[{ lost: 4 }], [{}], [{ lost: 1 }, { lost: 3 }], [{ lost: 1 }, {}]] satisfies Told[][]) {
      const ledger = ledgerOf(...from(1, 3), ...gaps, ...from(8, 10), "EXITED");
      assert.deepEqual([ledger.problems, ledger.figures.declared], [[], 4], JSON.stringify(gaps));
    }
  });

  it("finds a gap that counts wrongly", () => {
    assert.equal(ledgerOf(...from(1, 3), { lost: 2 }, ...from(8, 10), "EXITED").figures.unexplained, 2);
    assert.equal(ledgerOf(...from(1, 3), { lost: 6 }, ...from(8, 10), "EXITED").problems.length, 1);
    assert.equal(ledgerOf(...from(1, 3), { lost: 1 }, ...from(4, 10), "EXITED").problems.length, 1);
  });

  it("knows that STARTED and STOPPING may be lost with the lines beside them", () => {
    assert.deepEqual(ledgerOf({ lost: 4 }, ...from(4, 10), "EXITED").problems, []);
    assert.deepEqual(ledgerOf(...from(1, 7), { lost: 4 }, "EXITED").problems, []);
    assert.equal(ledgerOf(...from(1, 7), { lost: 5 }, "EXITED").problems.length, 1);
  });

  it("counts gaps in which nothing was missing, and finds gaps for reasons that cannot be", () => {
    assert.equal(ledgerOf(...from(1, 5), { reason: LogGapReason.TRIMMED }, ...from(6, 10), "EXITED").figures.needlessGaps, 1);
    assert.equal(ledgerOf(1, { reason: LogGapReason.INSTANCE_REPLACED }, ...from(2, 10), "EXITED").problems.length, 1);
  });

  it("finds lines that were cut or joined, and what comes behind the end", () => {
    assert.equal(ledgerOf({ text: lineText(1).slice(0, -1) }, ...from(1, 10), "EXITED").problems.length, 1);
    assert.equal(ledgerOf({ text: `${lineText(1)}${lineText(2)}` }, ...from(1, 10), "EXITED").problems.length, 1);
    assert.ok(ledgerOf(...from(1, 10), "EXITED", 11).problems.length > 0);
  });
});
