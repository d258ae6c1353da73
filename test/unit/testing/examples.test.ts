import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { after, before, test } from "node:test";
import { pack } from "tar-stream";
import { createHostClient, type HostClient, importOverlay, WarningCode } from "../../../src/client/index.ts";
import { instanceSpecToProto } from "../../../src/convert/instance-spec.ts";
import { parseSpecFile } from "../../../src/domain/spec-file.ts";
import { createFakeHost, type FakeHost } from "../../../src/testing/index.ts";

const directory = new URL("../../../examples/", import.meta.url).pathname;
const specs = globSync("specs/**/*.yaml", { cwd: directory });

let fake: FakeHost;
let client: HostClient;
before(async () => {
  fake = await createFakeHost();
  client = createHostClient({ address: fake.address });
});
after(async () => {
  client.close();
  await fake.close();
});

/** An overlay with a server.cfg, so that an alias has something to expose. */
function anyOverlay(): AsyncIterable<Uint8Array> {
  const archive = pack();
  archive.entry({ name: "left4dead2/cfg/server.cfg" }, "sv_region 3\n");
  archive.finalize();
  return archive as unknown as AsyncIterable<Uint8Array>;
}

test("there are examples, and every file of examples/ is one that is tried here", () => {
  assert.notDeepEqual(specs, []);
  assert.deepEqual(
    globSync("**/*.*", { cwd: directory }).filter((path) => !path.endsWith(".md") && !specs.includes(path)),
    [],
  );
});

/** What the fake driver cannot do is no fault of an example. */
const ofTheDriver: ReadonlySet<WarningCode> = new Set([WarningCode.LIMIT_NOT_ENFORCED, WarningCode.OPTION_IGNORED]);

for (const path of specs) {
  test(`${path} parses strictly, initializes without a warning, and starts`, async () => {
    const { spec, labels } = parseSpecFile(readFileSync(`${directory}${path}`), { strict: true });
    for (const { ref } of spec.overlays) await importOverlay(client, ref, anyOverlay());
    const name = basename(path, ".yaml");
    const { created, warnings } = await client.instances.initializeInstance({ name, spec: instanceSpecToProto(spec), labels });
    assert.equal(created, true);
    assert.deepEqual(
      warnings.filter(({ code }) => !ofTheDriver.has(code)).map(({ message }) => message),
      [],
    );
    assert.equal((await client.instances.startInstance({ name })).changed, true);
    await client.instances.stopInstance({ name });
  });
}
