import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSince, parseTimeout } from "../../../src/cli/input/duration.ts";
import { run } from "./fake-terminal.ts";

test("a time-out that no deadline can be made of is refused before anything is asked", async () => {
  assert.equal(parseTimeout("24d"), 2_073_600_000);
  assert.equal(parseTimeout("0.1ms"), 1);
  for (const text of ["0", "0s", "0.0m", "25d", "1000000h", "99999999999999999999d"]) {
    assert.throws(() => parseTimeout(text), /--timeout is (more than 0|at most 24d), not "/, text);
    const { code, err } = await run(["list", "--timeout", text, "--address", "unix:/nonexistent/a.sock"]);
    assert.deepEqual([code, err.split(",")[0]?.slice(0, 19)], [2, "error: --timeout is"], text);
  }
});

test("--since: a date is its midnight here, as a time is one of here", (context) => {
  const before = process.env["TZ"];
  process.env["TZ"] = "Europe/Berlin";
  context.after(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });
  assert.equal(parseSince("2026-01-31").toISOString(), "2026-01-30T23:00:00.000Z");
  assert.equal(parseSince("2026-07-31").toISOString(), "2026-07-30T22:00:00.000Z");
  assert.equal(parseSince("2026-01-31T00:00").toISOString(), "2026-01-30T23:00:00.000Z");
  assert.equal(parseSince("2026-01-31T00:00:00Z").toISOString(), "2026-01-31T00:00:00.000Z");
  assert.throws(() => parseSince("2026-01-32"), /is not a time/);
});
