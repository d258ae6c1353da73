import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { down, sh } from "./host.ts";
import { inHost, prepareHost } from "./prepared-host.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "race";

/** The long form sets it to 500 or more. */
const mounts = Number(process.env["LEFT4ME_RACE_MOUNTS"] ?? 100);

describe("a layer that is swapped for a link", { skip: whyNoHosts() ?? false }, () => {
  before(() => prepareHost(host));
  after(() => down(host));

  it(`never shows what the link leads to, in ${mounts} mounts`, async (t) => {
    const text = await sh(host, `${inHost.guest}/race.sh ${mounts}`);
    t.diagnostic(text.trim().replace("\n", "; "));
    const { careful, careless } = Object.fromEntries(
      text
        .trim()
        .split("\n")
        .map((line) => [line.split(" ")[0], counts(line)]),
    );
    assert.equal(careful?.["exposed"], 0);
    assert.ok((careful?.["mounted"] ?? 0) > 0 && (careful?.["refused"] ?? 0) > 0, "the swap met both sides");
    assert.ok((careless?.["exposed"] ?? 0) > 0, "the attack works against a helper that checks paths");
  });
});

function counts(line: string): Record<string, number> {
  return Object.fromEntries([...line.matchAll(/(\w+)=(\d+)/g)].map(([, name, value]) => [name, Number(value)]));
}
