import assert from "node:assert/strict";
import { it } from "node:test";
import { loss } from "../evidence/loss/main.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const rounds = loss.rounds.short;

it(`${rounds} lines reach 60 followers, or a gap says which do not, while daemon and journal are disturbed`, {
  skip: whyNoHosts() ?? false,
  timeout: 580_000,
}, async (t) => {
  const { problems, figures } = await loss.run({ seed: 1, rounds, log: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(problems, []);
});
