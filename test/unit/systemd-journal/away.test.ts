import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import type { LifecycleEvent } from "../../../src/domain/log-entry.ts";
import type { PresentRun } from "../../../src/drivers/systemd/journal-port.ts";
import { eventually, JournalBench, keys, type Told } from "./journal-bench.ts";

const [one, two, three] = ["1".repeat(32), "2".repeat(32), "3".repeat(32)];
const texts = ({ entries }: Pick<Told, "entries">) => entries.map(({ message, event }) => event ?? message);
const estimated = ({ entries }: Told) => entries.filter(({ timeEstimated }) => timeEstimated).map(({ event }) => event);
const known = (event: LifecycleEvent, invocationId: string, time = new Date()) => ({
  event,
  invocationId,
  message: `it is ${event}`,
  time,
});
const running = (invocationId: string): PresentRun => ({ invocationId, isOver: false, events: [known("STARTED", invocationId)] });

/** A game that has started and said two lines. */
async function played(t?: TestContext) {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  bench.event(server, "STARTED", one);
  bench.fake.write("a", "first", one);
  bench.fake.write("a", "second", one);
  const told = await bench.read(server);
  assert.deepEqual(texts(told), ["STARTED", "first", "second"]);
  const say = (message: string, invocationId: string) => {
    bench.fake.write("b", "another's");
    bench.fake.write("a", message, invocationId);
  };
  return { bench, server, told, say };
}

/** Times do not go back, and from every place the rest follows. */
async function assertWhole({ bench, server }: Pick<Awaited<ReturnType<typeof played>>, "bench" | "server">, all: Told): Promise<void> {
  const times = all.entries.map(({ time }) => time.getTime());
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  await assertResumable({ bench, server }, all, all);
}

/** Who comes back with a place that was told before is told the rest of what there is now. */
async function assertResumable(
  { bench, server }: Pick<Awaited<ReturnType<typeof played>>, "bench" | "server">,
  places: Told,
  all: Told,
): Promise<void> {
  for (const [index, { position }] of places.entries.entries()) {
    const rest = await bench.read(server, { type: "position", position });
    assert.deepEqual([texts(rest), rest.gaps], [texts(all).slice(index + 1), []], `behind entry ${index}`);
  }
}

test("a run that goes on is told as if the daemon had been there", async (t) => {
  const { bench, server, told, say } = await played(t);
  const { ever } = bench.fake.reading;
  await bench.leave(server, () => say("third", one), running(one));
  const all = await bench.read(server);
  assert.deepEqual([texts(all), estimated(all)], [["STARTED", "first", "second", "third"], []]);
  assert.equal(bench.fake.reading.ever, ever + 1, "nothing but the end of the log is read");
  await assertResumable({ bench, server }, told, all);
});

test("runs that nobody saw stand between their lines, each once, for every reader", async (t) => {
  const { bench, server, told, say } = await played(t);
  const meanwhile = () => {
    say("third", one);
    for (const message of ["again", "and again"]) say(message, two);
    say("once more", three);
  };
  await bench.leave(server, meanwhile, running(three));
  const all = await bench.read(server);
  const expected = ["STARTED", "first", "second", "third", "EXITED", "STARTED", "again", "and again", "EXITED", "STARTED", "once more"];
  assert.deepEqual(texts(all), expected);
  assert.deepEqual(estimated(all), ["EXITED", "STARTED", "EXITED"], "the last STARTED is known");
  assert.deepEqual(all.entries[4]?.message, "game ended in a way that is not known");
  assert.deepEqual(
    all.entries.map(({ invocationId }) => invocationId[0]),
    [..."11111222233"],
  );
  await assertWhole({ bench, server }, all);
  await assertResumable({ bench, server }, told, all);
  for (const [invocationId, length] of [
    [one, 5],
    [two, 4],
    [three, 2],
  ] as const)
    assert.equal((await bench.read(server, { type: "history", lines: 1e12, invocationId })).entries.length, length);
  bench.fake.write("a", "live", three);
  assert.deepEqual(texts(await bench.read(server)), [...expected, "live"]);
  await bench.leave(server, () => say("later", three), running(three));
  assert.deepEqual(keys(await bench.read(server)).slice(0, -2), keys(all));
  await bench.reopen();
  assert.deepEqual(texts(await bench.read(server)), [...expected, "live", "later"]);
});

test("what PID 1 knows of an end is told, also when the run printed nothing that was seen", async (t) => {
  const { bench, server, told, say } = await played(t);
  const exit = known("EXITED", two);
  await bench.leave(server, () => say("again", two), { invocationId: two, events: [exit, known("GAVE_UP", two)] });
  const all = await bench.read(server);
  assert.deepEqual(texts(all), ["STARTED", "first", "second", "EXITED", "STARTED", "again", "EXITED", "GAVE_UP"]);
  assert.deepEqual([estimated(all), all.entries[6]?.message], [["EXITED", "STARTED"], "it is EXITED"]);
  await assertWhole({ bench, server }, all);
  await assertResumable({ bench, server }, told, all);
  await bench.leave(server, () => {}, { invocationId: two, events: [exit, known("GAVE_UP", two)] });
  assert.deepEqual(keys(await bench.read(server)), keys(all));
});

test("a game that was stopped by hand has ended, behind its last line", async (t) => {
  const { bench, server, told, say } = await played(t);
  await sleep(5);
  const cameBack = Date.now();
  await bench.leave(server, () => say("bye", one), { invocationId: one });
  const all = await bench.read(server);
  assert.deepEqual([texts(all), estimated(all)], [["STARTED", "first", "second", "bye", "EXITED"], ["EXITED"]]);
  assert.ok((all.entries.at(-1)?.time.getTime() ?? 0) >= cameBack, "no later than that");
  await assertResumable({ bench, server }, told, all);
  // Nobody asks for its log while it runs by hand and is stopped, and then it is started.
  await bench.leave(server, () => say("by hand", two), { invocationId: one });
  bench.event(server, "STARTED", three);
  bench.fake.write("a", "up", three);
  const later = await bench.read(server);
  assert.deepEqual(texts(later), [...texts(all), "STARTED", "by hand", "EXITED", "STARTED", "up"]);
  assert.deepEqual(keys(later).slice(0, 5), keys(all));
  await assertWhole({ bench, server }, later);
});

test("what comes while the journal is looked at waits", async (t) => {
  const { bench, server, say } = await played(t);
  const busy = Promise.withResolvers<void>();
  bench.fake.busy = busy.promise;
  await bench.leave(server, () => say("again", two), running(two));
  const live = bench.follow(server);
  say("live", two);
  bench.event(server, "EXITED", two);
  say("by itself", three);
  bench.event(server, "STARTED", three);
  await sleep(30);
  assert.deepEqual(live.entries, []);
  busy.resolve();
  await eventually("all of it", () => live.entries.length === 10);
  const expected = ["STARTED", "first", "second", "EXITED", "STARTED", "again", "live", "EXITED", "STARTED", "by itself"];
  assert.deepEqual(texts(live), expected);
  assert.deepEqual(keys(await bench.read(server)), keys(live));
  live.stop();
});

test("what is too much to wait is told, and the events of before behind its lines", async (t) => {
  const { bench, server, say } = await played(t);
  const busy = Promise.withResolvers<void>();
  bench.fake.busy = busy.promise;
  await bench.leave(server, () => say("again", two), running(two));
  for (let count = 1; count <= 5000; count += 1) bench.fake.write("a", `line ${count}`, two);
  await eventually("the lines", () => bench.notes.length === 0 && bench.fake.reading.now > 0);
  await sleep(50);
  busy.resolve();
  const all = await bench.read(server);
  assert.equal(all.entries.length, 5006);
  assert.deepEqual(texts(all).slice(0, 8), ["STARTED", "first", "second", "again", "EXITED", "STARTED", "line 1", "line 2"]);
  await bench.reopen();
  assert.deepEqual(keys(await bench.read(server)), keys(all));
});

test("a journal that cannot be read is told to the operator, and the events of before are told behind its lines", async (t) => {
  const { bench, server, say } = await played(t);
  bench.fake.beforeRead = () => {
    throw new Error("journalctl is gone");
  };
  await bench.leave(server, () => say("again", two), running(two));
  assert.deepEqual(texts(await bench.read(server)), ["STARTED", "first", "second", "again", "EXITED", "STARTED"]);
  assert.match(bench.notes.join(), /behind the lines of that time: Error: journalctl is gone/);
});

test("a place within a run that an earlier daemon told without its STARTED: events are told there, lines not again", async (t) => {
  const { bench, server, say } = await played(t);
  await bench.journal.close();
  for (const message of ["again", "and again"]) say(message, two);
  await bench.reopen(); // knows nothing of PID 1
  const early = await bench.read(server);
  assert.deepEqual(texts(early), ["STARTED", "first", "second", "again", "and again"]);
  await bench.leave(server, () => say("later", two), running(two));
  const all = await bench.read(server);
  assert.deepEqual(texts(all), ["STARTED", "first", "second", "EXITED", "STARTED", "again", "and again", "later"]);
  for (const [index, expected] of [
    [2, ["EXITED", "STARTED", "again", "and again", "later"]],
    [3, ["EXITED", "STARTED", "and again", "later"]],
    [4, ["EXITED", "STARTED", "later"]],
  ] as const) {
    const rest = await bench.read(server, { type: "position", position: early.entries[index]?.position ?? "" });
    assert.deepEqual([texts(rest), rest.gaps], [expected, []]);
    await assertResumable({ bench, server }, rest, rest);
  }
});

test("the last words of a run that journald took up behind the first ones of the next are told, and nothing twice", async (t) => {
  const { bench, server, told, say } = await played(t);
  const meanwhile = () => {
    say("again", two);
    say("late", one);
    say("and again", two);
  };
  await bench.leave(server, meanwhile, running(two));
  const all = await bench.read(server);
  assert.deepEqual(texts(all), ["STARTED", "first", "second", "EXITED", "STARTED", "again", "late", "and again"]);
  await assertResumable({ bench, server }, told, all);
});

test("lines of that time that vacuum took are a gap, and the events are told", async (t) => {
  const { bench, server, told, say } = await played(t);
  const meanwhile = () => {
    for (let count = 0; count < 5; count += 1) say(`lost ${count}`, one);
    for (let count = 0; count < 600; count += 1) say(`again ${count}`, two);
    bench.fake.drop(14);
  };
  await bench.leave(server, meanwhile, running(two));
  const rest = await bench.read(server, { type: "position", position: told.entries[2]?.position ?? "" });
  assert.deepEqual(
    rest.gaps.map(({ reason }) => reason),
    ["TRIMMED"],
  );
  assert.deepEqual(texts(rest).slice(0, 3), ["EXITED", "STARTED", "again 0"]);
  assert.equal(rest.entries.length, 602);
  for (const index of [0, 1, 2, 300, 601]) {
    const { position = "" } = rest.entries[index] ?? {};
    assert.deepEqual(texts(await bench.read(server, { type: "position", position })), texts(rest).slice(index + 1));
  }
  const behindGap = await bench.read(server, { type: "position", position: rest.gaps[0]?.position ?? "" });
  assert.deepEqual([behindGap.gaps, texts(behindGap)], [[], texts(rest)]);
});

type Step = "line" | "piece" | "other" | "restart" | "away" | "read";
const step = fc.constantFrom<Step>("line", "line", "piece", "other", "restart", "restart", "away", "read");

test("whatever happens while a daemon is there or not: each run is told whole, each event once, and from any place the rest", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { bench, server, say } = await played();
      try {
        let run = 1;
        let isAway = false;
        const id = () => run.toString(16).repeat(32).slice(0, 32);
        const expected = ["STARTED", "first", "second"];
        let places = await bench.read(server);
        const comeBack = async () => {
          await bench.comeBack(server, { invocationId: id(), isOver: false, events: isSaid ? [known("STARTED", id())] : [] });
          isAway = false;
        };
        let isSaid = true;
        for (const [index, each] of steps.entries()) {
          if (each === "other") bench.fake.write("b", "another's");
          if (each === "line" || each === "piece") {
            // What a cut leaves open ends with the run or with a daemon.
            say(`${each} ${index}`, id());
            expected.push(`${each} ${index}`);
          }
          if (each === "restart" && run < 15) {
            if (!isAway) bench.event(server, "EXITED", id());
            run += 1;
            if (!isAway) bench.event(server, "STARTED", id());
            expected.push("EXITED", "STARTED");
            say(`run ${run}`, id());
            expected.push(`run ${run}`);
            isSaid = true;
          }
          if (each === "away" && !isAway) {
            places = await bench.read(server);
            await bench.journal.close();
            isAway = true;
          } else if (isAway && each === "read") await comeBack();
        }
        if (isAway) await comeBack();
        const all = await bench.read(server);
        assert.deepEqual(texts(all), expected);
        await assertWhole({ bench, server }, all);
        await assertResumable({ bench, server }, places, all);
        await bench.reopen();
        assert.deepEqual(keys(await bench.read(server)), keys(all));
      } finally {
        await bench.destroy();
      }
    }),
    { numRuns: 60, examples: [[["away", "restart", "line", "restart", "read"]]] },
  );
});
