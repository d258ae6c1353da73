import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { toJson } from "@bufbuild/protobuf";
import { createHostClient, followLogs, type HostClient, LogEntrySchema } from "../../src/client/index.ts";
import { leader, sh } from "./host.ts";
import { type DaemonHost, inGuest, prepareDaemon } from "./prepared-daemon.ts";
import { until } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

type Entry = {
  readonly cursor: string;
  readonly time: string;
  readonly timeEstimated: boolean;
  readonly message: string;
  readonly invocationId: string;
  readonly event: string;
};

const port = 27110;
const unit = "left4me-server@game";
/** The daemon is away, and no caller wakes it. */
const leave = "systemctl stop left4me-hostd.socket left4me-hostd.service";
const comeBack = "systemctl start left4me-hostd.socket left4me-hostd.service";
const isReady = `[[ $(journalctl --namespace=left4me -o cat _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID ${unit}) | head -1) == ready ]]`;

for (const transport of ["dbus", "sudo"] as const)
  describe(`what happened while the daemon was away, by ${transport}`, { skip: whyNoHosts() ?? false }, () =>
    awayTests(`away-${transport}`, transport),
  );

function awayTests(name: string, transport: "dbus" | "sudo"): void {
  let host: DaemonHost;
  let address: string;

  before(async () => {
    host = await prepareDaemon(name, transport);
    address = `unix:/proc/${await leader(name)}/root/run/left4me/operator.sock`;
    await sh(name, `echo 'port: ${port}' >/tmp/spec.yaml`);
    await succeed("install", "--import", `${inGuest.repository}/bench/talking-game`);
  });
  after(() => host?.end());
  beforeEach(async () => {
    await host.ctl("delete", "game");
    await succeed("initialize", "game", "-f", "/tmp/spec.yaml");
    await succeed("start", "game");
  });

  async function succeed(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await host.ctl(...args);
    assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Everything, or what is behind a cursor. */
  async function log(afterCursor?: string): Promise<Entry[]> {
    const client = createHostClient({ address });
    try {
      return await logBy(client, afterCursor);
    } finally {
      client.close();
    }
  }

  /** Has the game print so many lines, and waits for the last one of them, which it numbers. */
  async function talk(lines: number, last: number): Promise<void> {
    await until(name, isReady);
    await sh(name, `echo 'talk ${lines} 1 2' >/dev/udp/127.0.0.1/${port}`);
    const id = `_SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID ${unit})`;
    await until(name, `journalctl --namespace=left4me -o cat -n 1 ${id} | grep -q '^${last} at'`);
  }

  /** The game crashes, and runs again. */
  async function crash(): Promise<void> {
    await sh(name, `systemctl show -P InvocationID ${unit} >/tmp/before; systemctl kill -s SEGV ${unit}`);
    const isAnother = `[[ $(systemctl show -P InvocationID ${unit}) != $(cat /tmp/before) ]]`;
    await until(name, `${isAnother} && systemctl is-active -q ${unit} && ${isReady}`);
  }

  it("tells nothing twice when nothing happened", async () => {
    await talk(3, 3);
    const before = await log();
    await sh(name, `${leave}; ${comeBack}`);
    assert.deepEqual(await log(), before);
    await sh(name, leave);
    await talk(2, 5);
    await sh(name, comeBack);
    assert.deepEqual(story(await log()), ["STARTED", "ready", "1", "2", "3", "4", "5"]);
  });

  it("tells crashes between the lines of that time, each once, to readers of the history and to one that comes back", async () => {
    await talk(3, 3);
    const before = await log();
    await sh(name, leave);
    await talk(2, 5);
    await crash();
    await talk(4, 4);
    await crash();
    await talk(2, 2);
    await sh(name, comeBack);
    await succeed("start", "game"); // waits until it is ready
    const all = await log();
    const first = ["STARTED", "ready", "1", "2", "3", "4", "5", "EXITED"];
    assert.deepEqual(story(all), [...first, "STARTED", "ready", "1", "2", "3", "4", "EXITED", "STARTED", "ready", "1", "2"]);
    assertHonest(all);
    const exits = all.filter(({ event }) => event === "LIFECYCLE_EVENT_EXITED");
    assert.deepEqual(
      exits.map(({ message, timeEstimated }) => [message, timeEstimated]),
      Array.from({ length: 2 }, () => ["game ended in a way that is not known", true]),
    );
    await assertResumable(before, all);
    await assertResumable(all, all);
    await talk(2, 4);
    await sh(name, `${leave}; ${comeBack}`);
    assert.deepEqual(await log(), [...all, ...(await log(all.at(-1)?.cursor))]);
    assert.deepEqual((await log()).length, all.length + 2);
  });

  it("tells what was stopped by hand, and what was started and stopped", async () => {
    await talk(1, 1);
    const before = await log();
    await sh(name, leave);
    await talk(1, 2);
    await sh(name, `systemctl stop ${unit}; ${comeBack}`);
    const first = ["STARTED", "ready", "1", "2", "EXITED"];
    const stopped = await log();
    assert.deepEqual(story(stopped), first);
    await assertResumable(before, stopped);
    await sh(name, `${leave}; systemctl start ${unit}`);
    await until(name, isReady);
    await talk(2, 2);
    await sh(name, `systemctl stop ${unit}; ${comeBack}`);
    await succeed("start", "game");
    await talk(1, 1);
    const all = await log();
    assert.deepEqual(story(all), [...first, "STARTED", "ready", "1", "2", "EXITED", "STARTED", "ready", "1"]);
    assertHonest(all);
    await assertResumable(stopped, all);
  });

  it("tells how a game has ended where PID 1 knows", async () => {
    await sh(name, leave);
    await crash();
    // Of one that does not run again.
    await sh(
      name,
      `mkdir -p /run/systemd/system/${unit}.service.d
      printf '[Service]\\nRestart=no\\n' >/run/systemd/system/${unit}.service.d/once.conf; systemctl daemon-reload`,
    );
    const expected = ["STARTED", "ready", "EXITED"];
    let state = "inactive";
    // Of one crash PID 1 may not learn how the game ended (systemd/README.md): then it has not failed, and another tells.
    for (let crashes = 0; crashes < 10 && state === "inactive"; crashes += 1) {
      if (crashes > 0) await sh(name, `systemctl reset-failed ${unit}; systemctl start ${unit}`);
      await talk(1, 1);
      await sh(name, `systemctl kill -s SEGV ${unit}`);
      await until(name, `[[ $(systemctl show -P ActiveState ${unit}) =~ ^(inactive|failed)$ ]]`);
      state = (await sh(name, `systemctl show -P ActiveState ${unit}`)).trim();
      expected.push("STARTED", "ready", "1", "EXITED");
    }
    assert.equal(state, "failed");
    await sh(name, comeBack);
    const all = await log();
    assert.deepEqual(story(all), expected);
    assert.deepEqual([all.at(-1)?.message, all.at(-1)?.timeEstimated], ["game killed by SIGSEGV", false]);
    assertHonest(all);
    await sh(name, `${leave}; ${comeBack}`);
    assert.deepEqual(await log(), all);
    await sh(name, `rm -r /run/systemd/system/${unit}.service.d; systemctl daemon-reload`);
  });

  /** From every place that was told before, the rest. */
  async function assertResumable(places: readonly Entry[], all: readonly Entry[]): Promise<void> {
    for (const [index, { cursor }] of places.entries())
      assert.deepEqual(shown(await log(cursor)), shown(all).slice(index + 1), `behind entry ${index}`);
  }
}

async function logBy(client: HostClient, afterCursor?: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  const start = afterCursor === undefined ? {} : { afterCursor };
  for await (const item of followLogs(client, { name: "game", lines: 200, follow: false, retryFirst: true, ...start })) {
    assert.equal(item.type, "entry", "nothing is lost");
    if (item.type === "entry") entries.push(toJson(LogEntrySchema, item.entry, { alwaysEmitImplicit: true }) as Entry);
  }
  return entries;
}

function shown(entries: readonly Entry[]): string[] {
  return entries.map(({ event, message }) => {
    return event === "LIFECYCLE_EVENT_NONE" ? message.replace(/ at .*/, "") : event.replace("LIFECYCLE_EVENT_", "");
  });
}

/** The same without READY: a port is bound a moment before the game says so, or its line is taken up. */
function story(entries: readonly Entry[]): string[] {
  return shown(entries).filter((text) => text !== "READY");
}

/** Every entry is within its invocation, and no later than the next one. */
function assertHonest(entries: readonly Entry[]): void {
  let running = "";
  for (const [index, { event, invocationId, time }] of entries.entries()) {
    if (event === "LIFECYCLE_EVENT_STARTED") running = invocationId;
    assert.equal(invocationId, running, `entry ${index} of ${JSON.stringify(shown(entries))}`);
    const before = entries[index - 1]?.time ?? time;
    assert.ok(Date.parse(time) >= Date.parse(before), `${index}: ${before} and then ${time}`); // a whole second has no fraction
  }
}
