import assert from "node:assert/strict";
import { mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { InstanceState } from "../../../src/client/index.ts";
import { GuardedHost, refused } from "./guarded-host.ts";

/** What a hand may do to `record.json`, and what is said of it. */
const damages: readonly (readonly [row: string, damage: (text: string) => string, found: RegExp])[] = [
  ["cut off", (text) => text.slice(0, text.length / 2), /JSON/],
  ["empty", () => "", /JSON/],
  ["full of zeros", () => "\0".repeat(500), /JSON/],
  ["of another schema", (text) => text.replace('"schema": 1', '"schema": 99'), /schema/],
  ["of another instance", (text) => text.replace(/"name": "edited-\d"/, '"name": "running"'), /record of "running"/],
  ["with a port that is none", (text) => text.replace(/"port": \d+/, '"port": 70000'), /port/],
];

describe("an instance's directory, edited by hand", () => {
  let host: GuardedHost;
  const path = (...parts: string[]) => join(host.root, "instances", ...parts);
  before(async () => {
    host = await GuardedHost.open();
  });
  after(() => host?.close());

  describe("records", () => {
    const texts = new Map<string, string>();
    const nameOf = (row: string) => `edited-${damages.findIndex(([each]) => each === row)}`;
    const recordOf = (row: string) => path(nameOf(row), "record.json");
    before(async () => {
      for (const [row] of damages) await host.extra(nameOf(row));
      await host.reopen(async () => {
        for (const [row, damage] of damages) {
          const text = await readFile(recordOf(row), "utf8");
          texts.set(row, text);
          await writeFile(recordOf(row), damage(text));
        }
      });
    });

    for (const [row, damage, found] of damages) {
      test(`a record that is ${row} is STATE_DAMAGED in every call, and nothing of it is touched`, async () => {
        const { instances } = host.client;
        const name = nameOf(row);
        const calls = [
          instances.getInstance({ name }),
          instances.startInstance({ name }),
          instances.stopInstance({ name }),
          instances.resetInstance({ name }),
          instances.deleteInstance({ name }),
          instances.initializeInstance({ name, spec: { port: 27_400 } }),
        ];
        for (const failure of await Promise.all(calls.map((call) => refused(call, "STATE_DAMAGED", found)))) {
          assert.match(failure.message, /record\.json.*restore it from a backup, or move it away/);
          assert.equal(failure.metadata["path"], recordOf(row));
        }
        const damaged = damage(texts.get(row) ?? "");
        assert.notEqual(damaged, texts.get(row));
        assert.equal(await readFile(recordOf(row), "utf8"), damaged);
      });
    }

    test("records that are mended bring their instances back, and the others were never touched", async () => {
      const { instances } = host.client;
      const listed = async () => (await instances.listInstances({})).instances.map(({ name }) => name);
      assert.deepEqual(await listed(), ["running", "stopped"]);
      await host.reopen(async () => {
        for (const [row, text] of texts) await writeFile(recordOf(row), text);
      });
      assert.equal((await listed()).length, 2 + damages.length);
      for (const [row] of damages) {
        await instances.startInstance({ name: nameOf(row) });
        await instances.deleteInstance({ name: nameOf(row) });
      }
      await host.unharmed();
    });
  });

  test("a damaged instance that is moved away makes room for a new one of its name", async () => {
    await host.extra("edited");
    await host.reopen(() => writeFile(path("edited/record.json"), "{"));
    await rename(path("edited"), join(host.root, "moved-away"));
    await refused(host.client.instances.getInstance({ name: "edited" }), "STATE_DAMAGED");
    const extra = await host.extra("edited");
    await host.client.instances.startInstance({ name: "edited" });
    await extra.remove();
    await rm(join(host.root, "moved-away"), { recursive: true });
    await host.unharmed();
  });

  test("a generation that was removed is published again by the next start", async () => {
    const { instances } = host.client;
    const extra = await host.extra("edited");
    await rm(path("edited/gen/1"), { recursive: true });
    await instances.startInstance({ name: "edited" });
    await instances.stopInstance({ name: "edited" });
    await host.reopen(() => rm(path("edited/gen"), { recursive: true }));
    await instances.startInstance({ name: "edited" });
    await extra.remove();
    await host.unharmed();
  });

  test("a generation that was removed under a running game costs it nothing, and the next daemon takes the game up", async () => {
    const { instances } = host.client;
    const extra = await host.extra("edited");
    const { instance } = await instances.startInstance({ name: "edited" });
    await host.reopen(() => rm(path("edited/gen"), { recursive: true }));
    const again = await instances.getInstance({ name: "edited" });
    assert.deepEqual(
      [again.instance?.status?.state, again.instance?.status?.invocationId],
      [InstanceState.RUNNING, instance?.status?.invocationId],
    );
    await instances.restartInstance({ name: "edited" });
    await extra.remove();
    await host.unharmed();
  });

  test("a generation whose files were changed is not what was published, and the next start makes another", async () => {
    const { instances } = host.client;
    const extra = await host.extra("edited");
    await writeFile(path("edited/gen/1/argv"), "/bin/sh\0-c\0rm -rf /\0");
    await writeFile(path("edited/gen/1/generation.json"), "{");
    const { instance } = await instances.startInstance({ name: "edited" });
    assert.equal(Number(instance?.status?.generation), 2);
    await extra.remove();
    await host.unharmed();
  });

  test("extra files, links and directories are passed over, and go with their instance", async () => {
    const { instances } = host.client;
    const extra = await host.extra("edited");
    await host.reopen(async () => {
      await writeFile(path("edited/README"), "mine");
      await mkdir(path("edited/gen/notes"));
      await symlink("/etc", path("edited/gen/7"));
      await writeFile(path("a-file"), "mine");
      await mkdir(path("No Name"));
      await symlink("/etc", path("a-link"));
    });
    await instances.startInstance({ name: "edited" });
    await extra.remove();
    for (const name of ["a-file", "No Name", "a-link"]) await rm(path(name), { recursive: true });
    await host.unharmed();
  });

  test("host.json that is damaged keeps the daemon from starting, and it says which file; games run on", async () => {
    const file = join(host.root, "host.json");
    const text = await readFile(file, "utf8");
    await assert.rejects(
      host.reopen(() => writeFile(file, "{")),
      /host\.json cannot be used: .*restore it from a backup, or move it away/,
    );
    await writeFile(file, text);
    await host.start();
    await host.unharmed();
  });
});
