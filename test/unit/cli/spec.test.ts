import assert from "node:assert/strict";
import { test } from "node:test";
import { createHostClient } from "../../../src/client/index.ts";
import { createFakeHost } from "../../../src/testing/index.ts";
import { run } from "./fake-terminal.ts";

test("what spec prints, initialize takes: nothing changes by it, as YAML and as JSON", async () => {
  const fake = await createFakeHost();
  const client = createHostClient({ address: fake.address });
  try {
    const spec = {
      port: 27015,
      arguments: ["-tickrate", "1.10", ""],
      config: ['hostname "It is # mine"', "yes"],
      preserve: ["left4dead2/addons/**"],
      resources: { memoryMaxBytes: 2n * 1024n ** 3n, nice: 0 },
    };
    await client.instances.initializeInstance({ name: "alpha", spec, labels: { mode: "versus", "1": "true" } });
    const address = ["--address", fake.address];
    for (const form of [[], ["--json"]]) {
      const { code, out, err } = await run(["spec", "alpha", ...form, ...address]);
      assert.deepEqual([code, err], [0, ""]);
      const again = await run(["initialize", "alpha", "-f", "-", "--strict", ...address], { stdin: out });
      assert.equal(again.out, "alpha: unchanged\n", again.err);
      assert.match((await run(["initialize", "alpha", "-f", "-", ...address], { stdin: out.replace("27015", "27016") })).out, /: replaced/);
      await run(["initialize", "alpha", "-f", "-", ...address], { stdin: out });
    }
    const json = JSON.parse((await run(["spec", "alpha", "--json", ...address])).out) as { port: number; labels: object };
    assert.deepEqual([json.port, json.labels], [27015, { mode: "versus", "1": "true" }]);
    assert.equal((await run(["spec", "missing", ...address])).code, 3);
  } finally {
    client.close();
    await fake.close();
  }
});
