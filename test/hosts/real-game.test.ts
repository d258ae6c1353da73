import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { listTree, packTree } from "../../src/cli/input/pack-directory.ts";
import { followLogs, InstanceState, type InstanceStatus, importBuild, Readiness, WaitFor } from "../../src/client/index.ts";
import { BootingHost } from "./booting-host.ts";
import { realGame } from "./real-game.ts";
import { noMounts, until } from "./unit-state.ts";
import { onPath, whyNoHosts } from "./why-no-hosts.ts";

const name = "cube2";
const port = 27_400;
const noDpkg = onPath("dpkg-deb") ? undefined : "test hosts need dpkg-deb (Debian: dpkg)";

describe("a game that nobody here wrote: Debian's cube2-server", { skip: whyNoHosts() ?? noDpkg ?? false }, () => {
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
  const untilStatus = async (condition: (found: InstanceStatus) => boolean) => {
    for (let tries = 0; tries < 600 && !condition(await status()); tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
    return status();
  };
  const game = "pgrep -u left4me-game -x cube2_server";

  /** Waits until its log, from the beginning, has a line like this. */
  async function logged(pattern: RegExp): Promise<string> {
    for await (const item of followLogs(host.client, { name, lines: 1000, signal: AbortSignal.timeout(60_000) }))
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
    await calls().stopInstance({ name });
    const { state, lastExit } = await status();
    assert.equal(state, InstanceState.STOPPED);
    assert.equal(lastExit?.intended, true);
    assert.notEqual(lastExit.result, "timeout", "it had to be killed");
    await host.sh(`${noMounts}; ! pgrep -u left4me-game`);
  });

  it("crashes, is started again by systemd, and the crash is told", async () => {
    let end: InstanceStatus["lastExit"];
    // Of one crash systemd may not learn how the game ended (systemd/README.md); then another tells.
    for (let crashes = 0; crashes < 10 && end?.signal === undefined; crashes += 1) {
      await calls().restartInstance({ name, waitFor: WaitFor.READY });
      const before = (await host.sh(game)).trim();
      await host.sh(`kill -SEGV ${before}`);
      await until(host.name, `pid=$(${game}) && [[ $pid != ${before} ]]`);
      const { restarts, lastExit } = await untilStatus(({ state, restarts }) => state === InstanceState.RUNNING && restarts > 0);
      assert.deepEqual([restarts, lastExit?.intended], [1, false]);
      end = lastExit;
    }
    assert.equal(end?.signal, "SIGSEGV");
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
