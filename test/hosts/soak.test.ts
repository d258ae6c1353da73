import assert from "node:assert/strict";
import { it } from "node:test";
import { soak } from "../evidence/soak/main.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const rounds = soak.rounds.short;

it(`nothing grows in ${rounds} minutes of a mixed load with faults`, { skip: whyNoHosts() ?? false, timeout: 580_000 }, async (t) => {
  const { problems, figures } = await soak.run({ seed: 1, rounds, log: (text) => t.diagnostic(text) });
  const { samples: _, ...told } = figures;
  t.diagnostic(JSON.stringify(told));
  assert.deepEqual(problems, []);
});
