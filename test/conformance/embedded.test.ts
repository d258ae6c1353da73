import { test } from "node:test";
import { CannotRunGames, startEmbeddedDaemon } from "./embedded-daemon.ts";
import { runAsSubtests } from "./subtests.ts";

test("the embedded driver keeps every promise of the contract", async (t) => {
  const daemon = await startEmbeddedDaemon().catch((error: unknown) => {
    if (error instanceof CannotRunGames) return error;
    throw error;
  });
  if (daemon instanceof CannotRunGames) return t.skip(daemon.message);
  await using _ = daemon;
  await runAsSubtests(t, { address: daemon.address, ports: [27500, 27800] });
});
