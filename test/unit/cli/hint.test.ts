import assert from "node:assert/strict";
import { test } from "node:test";
import { hintFor } from "../../../src/cli/failures/hint.ts";
import { nextCommand } from "../../../src/cli/next-command.ts";
import type { HostErrorReason } from "../../../src/client/index.ts";

function hintOf(reason: HostErrorReason, metadata: Readonly<Record<string, string>> = {}): string {
  const failure = { code: "INTERNAL", reason, rawReason: reason, message: "", metadata, violations: [] } as const;
  return hintFor(failure, { name: "alpha", next: nextCommand("http://games:1") }) ?? "";
}

test("what belongs to another driver is kept, unless somebody wants it discarded", () => {
  assert.match(
    hintOf("UPPER_INCOMPATIBLE", { archive: "x" }),
    /^choose another archive; there are: l4d2ctl --address http:\/\/games:1 archives/,
  );
  assert.match(
    hintOf("UPPER_INCOMPATIBLE"),
    /: l4d2ctl --address http:\/\/games:1 reset alpha --archive; without --archive it is discarded$/,
  );
});

test("a disk, descriptors, a helper and an upload that fail leave nobody without a next step", () => {
  assert.match(hintOf("DISK_FAILED", { path: "/srv/l4d2" }), /\/srv\/l4d2 .*journalctl -k.*l4d2ctl --address http:\/\/games:1 doctor$/);
  assert.match(hintOf("TOO_MANY_FILES"), /doctor --all \(descriptors\)$/);
  assert.match(hintOf("HELPER_FAILED"), /l4d2ctl --address http:\/\/games:1 doctor; its own log: journalctl -u left4me-hostd/);
  assert.match(hintOf("UPLOAD_TOO_LARGE"), /nothing of it was kept$/);
});
