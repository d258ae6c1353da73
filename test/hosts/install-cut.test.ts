import assert from "node:assert/strict";
import { it } from "node:test";
import { installCut } from "../evidence/install-cut/main.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const rounds = installCut.rounds.short;

it(`a power cut during an installation leaves whole builds, the old one or the new one active, ${rounds} times`, {
  skip: whyNoHosts() ?? false,
  timeout: 580_000,
}, async (t) => {
  const { problems, figures } = await installCut.run({ seed: 1, rounds, log: (text) => t.diagnostic(text) });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(problems, []);
});
