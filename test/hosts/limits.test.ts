import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { importBuild, WaitFor } from "../../src/client/index.ts";
import { archiveOf } from "../evidence/power-cut/contents.ts";
import { BootingHost } from "./booting-host.ts";
import { show, until } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const [limited, other] = ["limited", "other"];
const dropIn = `/etc/systemd/system.control/left4me-server@${limited}.service.d/50-left4me-limits.conf`;
const unitsOwn = { MemoryHigh: "1610612736", MemoryMax: "2147483648", TasksMax: "256", CPUQuotaPerSecUSec: "infinity", Nice: "-5" };

// Test hosts do not enforce them: what is asserted is what systemd knows, and the priority of the process.
describe("limits of an instance", { skip: whyNoHosts() ?? false }, () => {
  let host: BootingHost;

  before(async () => {
    host = await BootingHost.create("limits");
    await importBuild(host.client, archiveOf("build", "one"));
    await instances().initializeInstance({ name: other, spec: { port: 27_361 } });
    await instances().startInstance({ name: other, waitFor: WaitFor.ACTIVE });
  });
  after(() => host?.end());

  const instances = () => host.client.instances;
  const known = () => show(host.name, `left4me-server@${limited}`, ...Object.keys(unitsOwn));
  const reloads = async () => Number(await host.sh("journalctl -b _PID=1 -o cat --no-pager | grep -c '^Reloading requested' || true"));
  const run = async (resources: {
    memoryMaxBytes?: bigint;
    memoryHighBytes?: bigint;
    tasksMax?: number;
    cpuQuotaPercent?: number;
    nice?: number;
  }) => {
    const { warnings } = await instances().initializeInstance({ name: limited, spec: { port: 27_360, resources } });
    assert.deepEqual(
      warnings.map(({ message }) => message),
      [],
    );
    await instances().restartInstance({ name: limited, waitFor: WaitFor.ACTIVE });
  };

  it("are the unit's from its next start on, and no other game notices", async () => {
    const { invocation } = await host.gameOf(other);
    await run({ memoryHighBytes: 500_000_000n, memoryMaxBytes: 600_000_000n, tasksMax: 100, cpuQuotaPercent: 150, nice: 7 });
    assert.deepEqual(await known(), {
      MemoryHigh: "500000000",
      MemoryMax: "600000000",
      TasksMax: "100",
      CPUQuotaPerSecUSec: "1.500000s",
      Nice: "7",
    });
    const { mainPid } = await host.gameOf(limited);
    assert.equal((await host.sh(`ps -o ni= -p ${mainPid}`)).trim(), "7");
    assert.equal((await host.gameOf(other)).invocation, invocation);
  });

  it("cost PID 1 nothing while they stay the same, and outlive a boot", async () => {
    const before = await reloads();
    await instances().restartInstance({ name: limited, waitFor: WaitFor.ACTIVE });
    assert.equal(await reloads(), before);
    await host.powerOff();
    await host.boot({ daemon: "healthy" });
    await host.atRest();
    await until(host.name, `systemctl is-active -q left4me-server@${limited}`);
    assert.equal((await known())["TasksMax"], "100");
    assert.equal(await reloads(), 0);
  });

  it("are the unit's own again when the specification has none", async () => {
    await run({ tasksMax: 50 });
    assert.deepEqual(await known(), { ...unitsOwn, TasksMax: "50" });
    await run({});
    assert.deepEqual(await known(), unitsOwn);
    await host.sh(`[[ ! -e ${dropIn} ]]`);
  });

  it("are applied by the next start when the helper was killed before PID 1 knew of them", async () => {
    await host.sh(`mkdir -p $(dirname ${dropIn}); printf 'x' >${dropIn}; touch /run/left4me/locks/reload@${limited} /run/left4me/locks/reload@gone
      systemctl start left4me-trash.service
      [[ -e /run/left4me/locks/reload@${limited} && ! -e /run/left4me/locks/reload@gone ]]`);
    await instances().restartInstance({ name: limited, waitFor: WaitFor.ACTIVE });
    assert.deepEqual(await known(), unitsOwn);
    await host.sh(`[[ ! -e ${dropIn} && ! -e /run/left4me/locks/reload@${limited} ]]`);
  });

  it("go with the instance", async () => {
    await run({ tasksMax: 50 });
    await instances().stopInstance({ name: limited });
    await instances().deleteInstance({ name: limited });
    await until(host.name, `[[ ! -e $(dirname ${dropIn}) ]]`);
    assert.deepEqual(await known(), unitsOwn);
  });
});
