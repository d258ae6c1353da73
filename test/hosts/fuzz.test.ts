import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { down, sh } from "./host.ts";
import { inHost, prepareHost } from "./prepared-host.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "fuzz";

/** The long form sets it to 10,000 or more. */
const cases = Number(process.env["LEFT4ME_FUZZ_CASES"] ?? 500);
const seed = Number(process.env["LEFT4ME_FUZZ_SEED"] ?? 1);

describe("left4me-overlay under hostile input", { skip: whyNoHosts() ?? false }, () => {
  before(() => prepareHost(host));
  after(() => down(host));

  it(`touches, shows and quotes nothing of root's in ${cases} cases (seed ${seed})`, async (t) => {
    const output = await sh(
      host,
      `${inHost.node} --disable-warning=MODULE_TYPELESS_PACKAGE_JSON ${inHost.guest}/fuzz-overlay.ts ${seed} ${cases}`,
    );
    const { codes, violations, total } = JSON.parse(output) as { codes: Record<string, number>; violations: string[]; total: number };
    t.diagnostic(`exit codes: ${JSON.stringify(codes)}`);
    assert.deepEqual([total, violations], [0, []]);
    assert.ok((codes["0"] ?? 0) > 0 && (codes["2"] ?? 0) > 0 && (codes["3"] ?? 0) > 0, "sound, malformed and refused input all occurred");
    for (const verb of ["wipe", "restore", "drop", "list"]) assert.ok((codes[`${verb} 0`] ?? 0) > 0, `a ${verb} was carried out`);
  });
});
