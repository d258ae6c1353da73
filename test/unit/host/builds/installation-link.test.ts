import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import { BuildStore } from "../../../../src/host/builds/build-store.ts";
import { failCall } from "../files/failing-call.ts";
import { scratch } from "../unpack/scratch.ts";
import { tarOf, uploadOf } from "../unpack/tar.ts";

test("a link for people that cannot be made fails neither an activation nor the next daemon", async (t) => {
  const layout = hostLayout(await scratch(t));
  const problems: string[] = [];
  const open = () => BuildStore.open(layout, undefined, { onProblem: (problem) => problems.push(problem) });
  const store = await open();
  failCall(t, "symlink", (target) => target.startsWith("layers/"));
  const upload = uploadOf(tarOf({ name: "srcds_run", mode: 0o755, content: "#!/bin/sh\n" }));
  const { id } = await store.importArchive(upload, true, new AbortController().signal);
  assert.equal(store.active()?.id, id);
  assert.equal((await open()).active()?.id, id);
  assert.ok(!existsSync(layout.installation));
  assert.deepEqual([problems.length, problems.every((problem) => problem.includes(id))], [2, true]);
});
