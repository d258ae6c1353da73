import assert from "node:assert/strict";
import { test } from "node:test";
import { Outages } from "../../../src/cli/failures/outages.ts";
import { Code, ConnectError } from "../../../src/client/index.ts";

const broken = { error: new ConnectError("gone", Code.Unavailable) };

test("an outage is told once, and ends with the last stream that it broke", () => {
  const outages = new Outages();
  assert.equal(outages.lost("a", broken), "the stream broke");
  assert.equal(outages.lost("b", broken), undefined);
  assert.equal(outages.lost("b", broken), undefined);
  assert.deepEqual([outages.back("a"), outages.back("a"), outages.back("b")], [false, false, true]);
  assert.equal(outages.lost("a", { error: undefined }), undefined, "ended in order");
  assert.equal(outages.lost("a", broken), "the stream broke", "the next one is told again");
});
