import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { asHostFailure, InstanceState, importBuild, WaitFor } from "../../src/client/index.ts";
import { archiveOf } from "../evidence/power-cut/contents.ts";
import { BootingHost } from "./booting-host.ts";
import { noMounts, until } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const name = "game";
const merged = `/var/lib/left4me/runtime/${name}/merged`;

/** What strangers do to a mount that keep it from being undone; each prints the pid to end. */
const holds = {
  "the directory of a process": `cd ${merged}; setsid sleep 600 </dev/null >/dev/null 2>&1 & echo $!`,
  "an open file": `setsid sleep 600 <${merged}/srcds_run >/dev/null 2>&1 & echo $!`,
  "the program of a process": `cp /bin/sleep ${merged}/sleep; cd /; setsid ${merged}/sleep 600 </dev/null >/dev/null 2>&1 & echo $!`,
  "the root of a process": `setsid perl -e 'chroot $ARGV[0]; sleep 600' ${merged} </dev/null >/dev/null 2>&1 & echo $!`,
} as const;

describe("a mount that a stranger holds", { skip: whyNoHosts() ?? false }, () => {
  let host: BootingHost;

  before(async () => {
    host = await BootingHost.create("busy-mount");
    await importBuild(host.client, archiveOf("build", "one"));
    await host.client.instances.initializeInstance({ name, spec: { port: 27_345 } });
  });
  after(() => host?.end());

  const start = () => host.client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE });
  const state = async () => (await host.client.instances.getInstance({ name })).instance?.status?.state;

  for (const [what, script] of Object.entries(holds)) {
    it(`is named by pid and command, and stays mounted: ${what}`, async () => {
      await start();
      const pid = (await host.sh(script)).trim();
      await until(host.name, `readlink /proc/${pid}/{cwd,root,exe,fd/0} | grep -q '^${merged}'`);
      for (const call of [host.client.instances.stopInstance, host.client.instances.resetInstance]) {
        const failure = asHostFailure(
          await call({ name }).then(
            () => undefined,
            (error: unknown) => error,
          ),
        );
        assert.deepEqual([failure?.reason, failure?.metadata["pid"]], ["MOUNT_BUSY", pid], failure?.message);
      }
      assert.match(await host.sh(`grep -c ' ${merged} ' /proc/self/mountinfo`), /^1$/m);
      await host.sh(`kill ${pid}; while [[ -d /proc/${pid} ]]; do sleep 0.05; done`);
      await host.client.instances.stopInstance({ name });
      assert.equal(await state(), InstanceState.STOPPED);
      await host.sh(noMounts);
    });
  }

  it("that was unmounted by hand under its game is no obstacle", async () => {
    await start();
    await host.sh(`umount ${merged}`);
    await host.client.instances.restartInstance({ name, waitFor: WaitFor.ACTIVE });
    assert.equal(await state(), InstanceState.RUNNING);
    await host.client.instances.stopInstance({ name });
    await host.sh(noMounts);
  });

  it("is undone in a storm of dirty pages, however long that takes, and the daemon answers meanwhile", async (t) => {
    await start();
    await host.sh(
      `(for i in 1 2 3 4; do head -c 200M /dev/zero >/var/lib/left4me/.storm-$i; done) & head -c 200M /dev/zero >${merged}/left4dead2/large; wait`,
    );
    const began = performance.now();
    const stopped = host.client.instances.stopInstance({ name });
    const answers: number[] = [];
    let isStopped = false;
    void stopped.finally(() => {
      isStopped = true;
    });
    while (!isStopped) {
      const asked = performance.now();
      await host.client.instances.listInstances({});
      answers.push(performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await stopped;
    const [stopMs, slowestMs] = [performance.now() - began, Math.max(...answers)];
    t.diagnostic(`stop ${Math.round(stopMs)} ms; slowest of ${answers.length} answers ${Math.round(slowestMs)} ms`);
    assert.equal(await state(), InstanceState.STOPPED);
    // One that waited for the kernel would take as long as the stop.
    assert.ok(slowestMs < Math.max(2000, stopMs / 4), "the daemon did not answer while the kernel wrote back");
    await host.sh(`${noMounts}; rm /var/lib/left4me/.storm-*`);
  });
});
