import assert from "node:assert/strict";
import { it } from "node:test";
import { powerCut } from "../evidence/power-cut/main.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const rounds = powerCut.rounds.short;

it(`a power cut leaves the old state or the new one, and games return, ${rounds} times`, {
  skip: whyNoHosts() ?? false,
  timeout: 580_000,
}, async (t) => {
  const { problems, figures } = await powerCut.run({ seed: 1, rounds, log: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(problems, []);
});
