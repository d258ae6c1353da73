import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lineNumber, lineText } from "../../evidence/line-game.ts";
import { planDisturbances } from "../../evidence/loss/disturbances.ts";
import { type FollowerKind, Habit } from "../../evidence/loss/habit.ts";
import { Random } from "../../evidence/random.ts";
import { planSalvo } from "../../evidence/state/life-events.ts";

describe("what evidences choose", () => {
  it("is the same for the same seed, and another for another", () => {
    const choices = (seed: number) => {
      const random = new Random(seed);
      const habit = new Habit("reconnecting", 1000, 5000, random);
      return JSON.stringify([
        planDisturbances("systemd", random),
        planSalvo("systemd", ["a", "b"], 20, random),
        Array.from({ length: 1000 }, () => habit.afterEntry()),
      ]);
    };
    assert.equal(choices(3), choices(3));
    assert.notEqual(choices(3), choices(4));
  });

  it("are five kills in the order of their places, and on systemd what a journal knows", () => {
    for (const driver of ["systemd", "embedded"] as const) {
      const plan = planDisturbances(driver, new Random(1));
      const count = (what: string) => plan.filter((one) => one.what === what).length;
      assert.equal(count("kill -9 of the daemon"), 5);
      assert.deepEqual([count("restart of journald"), count("rotation of the journal")], driver === "systemd" ? [2, 1] : [0, 0]);
      assert.ok(plan.every(({ at }, index) => at > (plan[index - 1]?.at ?? 0) && at < 0.95));
    }
  });

  it("lets each kind of follower do what it is called for", () => {
    const acts = (kind: FollowerKind) => {
      const habit = new Habit(kind, 800, 3000, new Random(5));
      return new Set(Array.from({ length: 2000 }, () => habit.afterEntry()?.type).filter((type) => type !== undefined));
    };
    assert.deepEqual([...acts("steady"), ...acts("helper")], []);
    assert.deepEqual([...acts("stalling")], ["stall"]);
    assert.deepEqual([...acts("reconnecting")].sort(), ["cancel", "disconnect"]);
  });

  it("shuffles without losing anything", () => {
    assert.deepEqual(new Random(9).shuffled([1, 2, 3, 4, 5]).sort(), [1, 2, 3, 4, 5]);
  });

  it("knows the lines of the game from others", () => {
    assert.deepEqual([lineNumber(lineText(1)), lineNumber(lineText(123_456))], [1, 123_456]);
    for (const text of ["", "line 1", "line x", `${lineText(1)} `, lineText(1).replace("x", "y"), `a ${lineText(1)}`])
      assert.equal(lineNumber(text), undefined, text);
  });
});
