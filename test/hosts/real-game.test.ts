import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { listTree, packTree } from "../../src/cli/pack-directory.ts";
import { followLogs, InstanceState, type InstanceStatus, importBuild, Readiness, WaitFor } from "../../src/client/index.ts";
import { BootingHost } from "./booting-host.ts";
import { realGame } from "./real-game.ts";
import { noMounts } from "./unit-state.ts";
import { onPath, whyNoHosts } from "./why-no-hosts.ts";

const name = "cube2";
const port = 27_400;
const noDpkg = onPath("dpkg-deb") ? undefined : "test hosts need dpkg-deb (Debian: dpkg)";

describe("a game that nobody here wrote: Debian's cube2-server", { skip: whyNoHosts() ?? noDpkg ?? false, timeout: 300_000 }, () => {
  let host: BootingHost;

  before(async () => {
    const game = realGame();
    try {
      host = await BootingHost.create("real-game");
      await importBuild(host.client, packTree(game.tree, await listTree(game.tree)));
    } finally {
      game.remove();
    }
    await host.client.instances.initializeInstance({ name, spec: { port } });
  });
  after(() => host?.end());

  const calls = () => host.client.instances;
  const status = async () => (await calls().getInstance({ name })).instance?.status as InstanceStatus;
  const pid = async () => (await host.sh("pgrep -u left4me-game -x cube2_server || true")).trim();

  /** Waits until its log, from the beginning, has a line like this. */
  async function logged(pattern: RegExp): Promise<string> {
    for await (const item of followLogs(host.client, { name, lines: 1000, signal: AbortSignal.timeout(20_000) }))
      if (item.type === "entry" && pattern.test(item.entry.message)) return item.entry.message;
    throw new Error(`its log has no line like ${pattern}`);
  }

  it("starts, is ready when it holds its port, and its lines are in the log", async () => {
    await calls().startInstance({ name, waitFor: WaitFor.READY });
    const { state, readiness } = await status();
    assert.deepEqual([state, readiness], [InstanceState.RUNNING, Readiness.READY]);
    assert.match(await logged(/dedicated server started/), /waiting for clients/);
    assert.match(await host.sh(`ss -Hulnp 'sport = :${port}'`), /cube2_server/);
  });

  it("stops on SIGINT, which it does not handle, and that is no failure", async () => {
    const began = performance.now();
    await calls().stopInstance({ name });
    assert.ok(performance.now() - began < 10_000, "it had to be killed");
    const { state, lastExit } = await status();
    assert.equal(state, InstanceState.STOPPED);
    assert.equal(lastExit?.intended, true);
    await host.sh(`${noMounts}; ! pgrep -u left4me-game`);
  });

  it("crashes, is started again by systemd, and the crash is told", async () => {
    await calls().startInstance({ name, waitFor: WaitFor.READY });
    const before = await pid();
    await host.sh(`kill -SEGV ${before}`);
    for (let tries = 0; tries < 100 && ["", before].includes(await pid()); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    assert.notEqual(await pid(), before);
    for (let tries = 0; tries < 100 && (await status()).state !== InstanceState.RUNNING; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const { state, lastExit, restarts } = await status();
    assert.deepEqual([state, restarts], [InstanceState.RUNNING, 1]);
    assert.deepEqual([lastExit?.intended, lastExit?.signal], [false, "SIGSEGV"]);
  });

  it("keeps what it wrote over a restart, and loses it by a reset", async () => {
    await calls().restartInstance({ name, waitFor: WaitFor.READY });
    assert.match(await host.sh(`cat /var/lib/left4me/runtime/${name}/upper/left4dead2/starts.txt`), /(port 27400\n){3}/);
    await calls().resetInstance({ name });
    assert.equal(await host.sh(`[[ -e /var/lib/left4me/runtime/${name} ]] || echo gone`), "gone\n");
    await calls().startInstance({ name, waitFor: WaitFor.READY });
    assert.equal((await status()).state, InstanceState.RUNNING);
  });

  it("is deleted while it runs", async () => {
    await calls().deleteInstance({ name });
    await host.sh(`${noMounts}; ! pgrep -u left4me-game; [[ ! -e /var/lib/left4me/instances/${name} ]]`);
  });
});
