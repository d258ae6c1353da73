import assert from "node:assert/strict";
import { it } from "node:test";
import { reboot } from "../evidence/reboot/main.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const rounds = reboot.rounds.short;

it(`games return after a boot; nothing but a boot touches them (${rounds} rounds)`, {
  skip: whyNoHosts() ?? false,
  timeout: 580_000,
}, async (t) => {
  const { problems, figures } = await reboot.run({ seed: 1, rounds, log: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(problems, []);
});
