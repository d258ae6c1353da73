import assert from "node:assert/strict";
import { it } from "node:test";
import { leaks } from "../evidence/leaks/main.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const rounds = leaks.rounds.short;

it(`${rounds} streams that are opened and cancelled leave nothing in the daemon`, {
  skip: whyNoHosts() ?? false,
  timeout: 580_000,
}, async (t) => {
  const { problems, figures } = await leaks.run({ seed: 1, rounds, log: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(problems, []);
});
