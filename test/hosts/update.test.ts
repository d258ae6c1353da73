import assert from "node:assert/strict";
import { it } from "node:test";
import { update } from "../evidence/update/main.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

it("games with open files see no byte change while a build is installed, activated and rolled back", {
  skip: whyNoHosts() ?? false,
  timeout: 580_000,
}, async (t) => {
  const { problems, figures } = await update.run({ seed: 1, rounds: update.rounds.short, log: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(problems, []);
});
