import assert from "node:assert/strict";
import { test } from "node:test";
import { createEvidenceHost } from "../evidence/evidence-host.ts";
import { descriptorsAfterLives } from "../evidence/leaks/life-cycles.ts";
import { archiveOf } from "../evidence/power-cut/contents.ts";
import { freeUdpPort } from "../fixtures/free-udp-port.ts";

test("five lives of an instance leave the daemon with at most five descriptors more", async (t) => {
  const host = await createEvidenceHost("embedded", "descriptors", archiveOf("build", "one"));
  t.after(() => host.end());
  const counts = await descriptorsAfterLives(host, 5, await freeUdpPort());
  t.diagnostic(counts.join(" "));
  assert.ok((counts.at(-1) ?? 0) - (counts[0] ?? 0) <= 5, counts.join(" "));
});
