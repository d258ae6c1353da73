import assert from "node:assert/strict";
import { test } from "node:test";
import { countedTests } from "../../evidence/test-files.ts";

const tap = `TAP version 13
# Subtest: a
    # Subtest: first
    ok 1 - first
    # Subtest: second
    ok 2 - second # SKIP it needs a kernel
    1..2
ok 1 - a
# 7 faults
# Subtest: b
not ok 2 - b
ok 3 - c
1..3
`;

test("tests are counted where they are leaves, and skipped ones keep their reason", () => {
  assert.deepEqual(countedTests(tap), { passed: ["first", "c"], skipped: ["second # SKIP it needs a kernel"], failed: ["b"] });
});
