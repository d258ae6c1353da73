import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { HostLayout } from "../../../../src/domain/host-layout.ts";
import { failCall } from "../files/failing-call.ts";
import { beUnfinished, caller, ended, game, install, installed, opened } from "./installing-host.ts";

test("an update that cannot be activated fails, and its build goes again", async (t) => {
  const { host, runner, layout, layers, reopen } = await opened(t);
  const base = await installed(host, runner, game);
  failActivations(t, layout);
  const job = await install(host, runner, { new: "n" });
  assert.deepEqual([job.phase, job.failure?.reason, job.buildId], ["FAILED", "DISK_FAILED", ""]);
  assert.deepEqual([host.builds().map(({ id }) => id), host.activeBuild()?.id, await layers()], [[base], base, [base]]);
  await host.close();
  const next = await reopen();
  assert.deepEqual([next.builds().map(({ id }) => id), await layers(), next.installation().job], [[base], [base], job]);
});

test("a first installation that cannot be activated leaves no build", async (t) => {
  const { host, runner, layout, layers } = await opened(t);
  failActivations(t, layout);
  const job = await install(host, runner, game);
  assert.deepEqual([job.phase, host.builds(), await layers()], ["FAILED", [], []]);
});

test("a build that was there before stays when it cannot be activated, also behind a kill", async (t) => {
  const opening = await opened(t);
  const { host, runner } = opening;
  const base = await installed(host, runner, game);
  const made = await installed(host, runner, { new: "n" });
  await host.activateBuild(base);
  const again = await install(host, runner, { new: "n" });
  assert.deepEqual([again.phase, again.buildId, again.upToDate, again.activated], ["SUCCEEDED", made, true, true]);
  const next = await reopenedFailing(t, opening, base);
  assert.equal((await ended(next)).phase, "FAILED");
  assert.ok(next.builds().some(({ id }) => id === made));
  assert.equal((await install(next, runner, { new: "n" })).phase, "FAILED");
  assert.ok(next.builds().some(({ id }) => id === made));
});

test("a build that a game runs on stays when the job that made it cannot activate it again", async (t) => {
  const opening = await opened(t);
  const { host, runner, layers } = opening;
  const base = await installed(host, runner, game);
  const made = await installed(host, runner, { new: "n" });
  await host.initialize({ name: "a", spec: { port: 27032 }, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
  await host.start({ name: "a", etag: "", waitFor: "ACTIVE" }, caller);
  const next = await reopenedFailing(t, opening, base);
  assert.equal((await ended(next)).phase, "FAILED");
  assert.deepEqual(next.builds().find(({ id }) => id === made)?.usedBy, ["a"]);
  assert.ok((await layers()).includes(made));
});

function failActivations(t: TestContext, { builds }: HostLayout): void {
  failCall(t, "symlink", (path) => path.startsWith(`${builds}/`));
}

/** The daemon was killed before it wrote the end of its job down, behind a roll-back; the next one can activate nothing. */
async function reopenedFailing(t: TestContext, { host, layout, reopen }: Awaited<ReturnType<typeof opened>>, rolledBackTo: string) {
  await host.activateBuild(rolledBackTo);
  await host.close();
  await beUnfinished(layout);
  failActivations(t, layout);
  return reopen();
}
