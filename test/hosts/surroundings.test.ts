import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { InstanceState, importBuild, importOverlay, WaitFor } from "../../src/client/index.ts";
import { archiveOf } from "../evidence/power-cut/contents.ts";
import { inspectFiles } from "../evidence/power-cut/inspect.ts";
import { failureOf } from "../wire/bad-input/guarded-host.ts";
import { BootingHost } from "./booting-host.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const runs = "runs";
const stopped = "stopped";
const store = "/var/lib/left4me";

/** What test/wire/bad-input proves of the embedded driver, where the daemon is unprivileged and PID 1 has the games. */
describe("bad surroundings of a systemd host", { skip: whyNoHosts() ?? false }, () => {
  let host: BootingHost;
  let invocation: string;
  let archiveId: string;

  before(async () => {
    host = await BootingHost.create("surroundings");
    await importBuild(host.client, archiveOf("build", "one"));
    for (const [index, name] of [runs, stopped].entries())
      await host.client.instances.initializeInstance({ name, spec: { port: 27_350 + index } });
    await host.client.instances.startInstance({ name: runs, waitFor: WaitFor.ACTIVE });
    await start(stopped);
    ({ archiveId } = await host.client.instances.resetInstance({ name: stopped, archive: true }));
    ({ invocation } = await host.gameOf(runs));
  });
  after(() => host?.end());

  afterEach(async () => {
    assert.deepEqual(
      await host.gameOf(runs).then(({ active, invocation }) => [active, invocation]),
      [true, invocation],
      "the game went on",
    );
    let left = await inspectFiles(host);
    for (let tries = 0; left.length > 0 && tries < 120; tries += 1) {
      await sleep(500); // what could not be removed without descriptors is tried again
      left = await inspectFiles(host);
    }
    assert.deepEqual(left, []);
  });

  const start = (name: string) => host.client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE });
  const state = async (name: string) => (await host.client.instances.getInstance({ name })).instance?.status?.state;
  /** Restarts the daemon; what the script does happens while it is away. */
  const reopen = async (meanwhile: string) => {
    await host.sh(`systemctl stop left4me-hostd.socket; systemctl kill -s KILL left4me-hostd.service
      systemctl stop left4me-hostd.service; systemctl reset-failed left4me-hostd.socket left4me-hostd.service
      ${meanwhile}
      systemctl start left4me-hostd.socket left4me-hostd.service`);
    await host.atRest();
  };
  const mutations = () => {
    const { instances } = host.client;
    return {
      initialize: () => instances.initializeInstance({ name: "new", spec: { port: 27_360 } }),
      replace: () => instances.initializeInstance({ name: stopped, spec: { port: 27_361 } }),
      start: () => start(stopped),
      overlay: () => importOverlay(host.client, "new", archiveOf("overlay", "two")),
      build: () => importBuild(host.client, archiveOf("build", "two")),
    };
  };

  it("a root that became read-only for the daemon: each change says so, reads and games go on, and all is well when it can be written again", async () => {
    // In the mount namespace of the daemon, where PID 1 has bound it.
    const remount = (how: string) =>
      host.sh(`nsenter -t $(systemctl show -P MainPID left4me-hostd) -m mount -o remount,bind,${how} ${store}`);
    await remount("ro");
    try {
      const { instances } = host.client;
      const more = {
        reset: () => instances.resetInstance({ name: stopped }),
        restore: () => instances.restoreArchive({ name: stopped, archiveId }),
        forget: () => instances.deleteArchive({ name: stopped, archiveId }),
        remove: () => instances.deleteInstance({ name: stopped }),
      };
      for (const [what, call] of Object.entries({ ...mutations(), ...more })) {
        const failure = await failureOf(call());
        assert.equal(failure?.reason, "DRIVER_UNAVAILABLE", `${what}: ${failure?.reason} ${failure?.message}`);
        assert.match(failure.message, /read-only/);
        assert.equal(failure.metadata["problem"], "root-not-writable");
      }
      assert.equal(await state(runs), InstanceState.RUNNING);
      const told: string[] = [];
      for await (const { event } of host.client.logs.streamLogs({ name: runs }))
        if (event.case === "batch") told.push(...event.value.entries.map(({ message }) => message));
      assert.ok(told.includes("ready"), told.join());
    } finally {
      await remount("rw");
    }
    await start(stopped);
    await host.client.instances.stopInstance({ name: stopped });
  });

  it("a runtime directory that was removed by hand is made anew, or whoever needs it is told what makes it", async () => {
    await start(stopped);
    await host.client.instances.stopInstance({ name: stopped });
    await host.sh(`rm -r ${store}/runtime/${stopped}`);
    await start(stopped);
    await host.client.instances.resetInstance({ name: stopped });
    await reopen(`rm -rf ${store}/runtime/.trash ${store}/runtime/.fresh ${store}/tmp`);
    await start(stopped);
    // The trash is root's, and tmpfiles.d makes it: whoever removed it is told so, and nothing of the game's files is lost.
    const failure = await failureOf(host.client.instances.resetInstance({ name: stopped }));
    assert.deepEqual([failure?.reason, await state(stopped)], ["HELPER_FAILED", InstanceState.STOPPED]);
    assert.match(failure?.message ?? "", /\.trash cannot be opened; systemd-tmpfiles makes it/);
    await host.sh(`[[ -e ${store}/runtime/${stopped}/upper/left4dead2/starts ]]`);
    await host.sh("systemd-tmpfiles --create left4me.conf");
    await start(stopped);
    await host.client.instances.resetInstance({ name: stopped });
    await importOverlay(host.client, "new", archiveOf("overlay", "two"));
    await host.client.host.deleteOverlay({ ref: "new" });
  });

  it("the locks of a daemon, of a game and of a helper that were killed hold nobody up", async () => {
    await start(stopped);
    const before = (await host.client.instances.getInstance({ name: stopped })).instance?.status?.invocationId;
    await reopen(`systemctl kill -s KILL left4me-server@${stopped}`);
    await until(async () => {
      const { status } = (await host.client.instances.getInstance({ name: stopped })).instance ?? {};
      return status?.state === InstanceState.RUNNING && status.invocationId !== before;
    });
    await host.client.instances.restartInstance({ name: stopped, waitFor: WaitFor.ACTIVE });
    await host.client.instances.stopInstance({ name: stopped });
    // A helper that copies much holds the lock for long enough to be killed under it.
    const lock = `/run/left4me/locks/${stopped}`;
    await host.sh(`cd ${store}/runtime/${stopped}/upper; mkdir many; for n in $(seq 20000); do echo >many/$n; done; chown -R left4me-game: many
      order=${store}/instances/${stopped}/reset; mkdir $order
      ln -s 'many/*' $order/000; ln -s 20261129T101500Z-1a2b $order/archive; chown -Rh left4me: $order
      INVOCATION_ID= /usr/libexec/left4me/left4me-overlay wipe ${stopped} & helper=$!
      until ! flock -n ${lock} true; do kill -0 $helper; done
      kill -9 $helper; wait $helper || [[ $? == 137 ]]; flock -n ${lock} true; rm -r $order`);
    await start(stopped);
    await host.client.instances.resetInstance({ name: stopped });
  });

  it("a daemon without descriptors says so, takes no connection, and is well when it has some again", async () => {
    const { instances } = host.client;
    const pid = Number(await host.sh("systemctl show -P MainPID left4me-hostd"));
    const limit = (count: number) => host.sh(`runuser -u left4me -- prlimit --pid ${pid} --nofile=${count}:`);
    const open = (await host.sh(`ls /proc/${pid}/fd`)).trim().split("\n").map(Number);
    let used = 0; // the lowest that is free: what it opens next
    while (open.includes(used)) used += 1;
    const seen = new Set<string>();
    try {
      for (let free = 0; free < 8; free += 1) {
        await limit(used + free);
        for (const [what, call] of Object.entries(mutations())) {
          if (what === "replace") continue;
          const failure = await failureOf(call());
          if (failure !== undefined)
            assert.match(failure.message, /descriptor|[Tt]oo many open files|EMFILE/, `${free} free: ${what}: ${failure.reason}`);
          seen.add(`${what} ${failure === undefined}`);
        }
      }
    } finally {
      await limit(20_000);
    }
    assert.ok(seen.has("initialize false"), [...seen].join());
    await host.atRest();
    await instances.deleteInstance({ name: "new" });
    await start(stopped);
    await instances.resetInstance({ name: stopped });
    await host.client.host.deleteOverlay({ ref: "new" });
  });

  it("a record that was damaged is STATE_DAMAGED in every call, its game goes on, and mending it is enough", async () => {
    const { instances } = host.client;
    const record = `${store}/instances/${runs}/record.json`;
    await reopen(`cp -p ${record} /root/record.json; truncate -s 20 ${record}`);
    const calls = [
      instances.getInstance({ name: runs }),
      instances.startInstance({ name: runs }),
      instances.stopInstance({ name: runs }),
      instances.resetInstance({ name: runs }),
      instances.deleteArchive({ name: runs, archiveId: "20261129T101500Z-1a2b" }),
      instances.deleteInstance({ name: runs }),
    ];
    for (const failure of await Promise.all(calls.map(failureOf)))
      assert.deepEqual([failure?.reason, failure?.metadata["path"]], ["STATE_DAMAGED", record]);
    assert.ok((await host.gameOf(runs)).active);
    await reopen(`cp -p /root/record.json ${record}`);
    assert.equal(await state(runs), InstanceState.RUNNING);
  });

  it("a generation that was removed under a running game costs it nothing, and one of a stopped instance is published again", async () => {
    await reopen(`rm -r ${store}/instances/${runs}/gen ${store}/instances/${stopped}/gen`);
    assert.equal(await state(runs), InstanceState.RUNNING);
    await start(stopped);
    await host.client.instances.resetInstance({ name: stopped });
    await host.client.instances.restartInstance({ name: runs, waitFor: WaitFor.ACTIVE });
    ({ invocation } = await host.gameOf(runs));
  });

  it("host.json that is damaged keeps the daemon from starting, and it says which file; games run on", async () => {
    const file = `${store}/host.json`;
    await host.sh(`systemctl stop left4me-hostd.socket left4me-hostd.service; cp -p ${file} /root/host.json; echo '{' >${file}
      systemctl start left4me-hostd.service || true`);
    await until(async () => /host\.json cannot be used: .*restore it from a backup, or move it away/.test(await host.daemonLog()));
    assert.ok((await host.gameOf(runs)).active);
    await host.sh(`systemctl stop left4me-hostd.service; systemctl reset-failed left4me-hostd.socket left4me-hostd.service; cp -p /root/host.json ${file}
      systemctl start left4me-hostd.socket left4me-hostd.service`);
    await host.atRest();
    assert.equal(await state(runs), InstanceState.RUNNING);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1200; tries += 1) {
    if (await condition()) return;
    await sleep(100);
  }
  throw new Error("not within two minutes");
}
