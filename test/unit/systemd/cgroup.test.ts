import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { processesOf, usageOf } from "../../../src/drivers/systemd/cgroup.ts";

describe("the cgroup of a game", () => {
  let slice: string;

  before(() => {
    slice = mkdtempSync(join(tmpdir(), "left4me-cgroup-"));
  });
  after(() => rmSync(slice, { recursive: true, force: true }));

  function group(name: string, files: Readonly<Record<string, string>>): void {
    const directory = join(slice, `left4me-server@${name}.service`);
    mkdirSync(directory);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(directory, file), content);
  }

  it("tells what the game uses", () => {
    group("all", {
      "cpu.stat": "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n",
      "memory.current": "1048576\n",
      "pids.current": "17\n",
    });
    const { sampleTime, ...usage } = usageOf("all", slice) ?? {};
    assert.ok(sampleTime instanceof Date);
    assert.deepEqual(usage, { cpuSeconds: 1.5, memoryBytes: 1_048_576, tasks: 17 });
  });

  it("leaves unknown what a controller that is not there would tell, and never says zero", () => {
    group("some", { "cpu.stat": "usage_usec 20\n", "pids.current": "max\n" });
    const { sampleTime: _, ...usage } = usageOf("some", slice) ?? {};
    assert.deepEqual(usage, { cpuSeconds: 0.000_02 });
  });

  it("tells nothing of a game that does not run", async () => {
    assert.equal(usageOf("none", slice), undefined);
    assert.deepEqual(await processesOf("none", slice), []);
  });

  it("lists the processes", async () => {
    group("processes", { "cgroup.procs": "12\n345\n" });
    assert.deepEqual(await processesOf("processes", slice), [12, 345]);
  });
});
