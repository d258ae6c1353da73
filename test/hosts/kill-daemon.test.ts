import assert from "node:assert/strict";
import { it } from "node:test";
import { killDaemonSystemd } from "../evidence/kill-daemon/main.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const rounds = killDaemonSystemd.rounds.short;

it(`${rounds} kills of the daemon under a mixed load lose and leave nothing`, {
  skip: whyNoHosts() ?? false,
  timeout: 580_000,
}, async (t) => {
  const { problems, figures } = await killDaemonSystemd.run({ seed: 1, rounds, log: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(problems, []);
});
