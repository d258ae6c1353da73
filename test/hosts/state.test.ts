import assert from "node:assert/strict";
import { it } from "node:test";
import { state } from "../evidence/state/main.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const rounds = state.rounds.short;

it(`watch, list and systemd agree whenever it is quiet, through ${rounds} events`, {
  skip: whyNoHosts() ?? false,
  timeout: 580_000,
}, async (t) => {
  const { problems, figures } = await state.run({ seed: 1, rounds, log: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(problems, []);
});
