import assert from "node:assert/strict";
import { test } from "node:test";
import { CannotRunGames, startEmbeddedDaemon } from "./embedded-daemon.ts";
import { runConformance } from "./run.ts";

test("the embedded driver keeps every promise of the contract", async (t) => {
  const daemon = await startEmbeddedDaemon().catch((error: unknown) => {
    if (error instanceof CannotRunGames) return error;
    throw error;
  });
  if (daemon instanceof CannotRunGames) return t.skip(daemon.message);
  await using _ = daemon;
  const { results } = await runConformance({ address: daemon.address, ports: [27500, 27800] });
  for (const { id, outcome, note, error } of results) {
    await t.test(id, (test) => {
      if (outcome === "skipped") test.skip(note ?? "");
      else assert.equal(outcome, "passed", error);
    });
  }
});
