import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { parseInstanceSpec } from "../../../../src/domain/instance-spec.ts";
import type { WatchEvent } from "../../../../src/host/api.ts";
import type { HostContext } from "../../../../src/host/host-context.ts";
import type { InstanceEntry } from "../../../../src/host/instances/instance-entry.ts";
import { InstanceRegistry } from "../../../../src/host/instances/instance-registry.ts";
import { UsageSampler } from "../../../../src/host/instances/usage-sampler.ts";
import { watchInstances } from "../../../../src/host/streams/watch-instances.ts";

/** More than the feed keeps. */
const tooMany = 9000;
const everything = { afterCursor: "", filter: { names: [], labels: {}, states: [] } };

/** The parts of a host that a watch looks at. */
function hostOf(epoch: number, closing: AbortSignal): HostContext {
  const usage = new UsageSampler(
    () => undefined,
    () => [],
  );
  const registry = new InstanceRegistry(epoch, () => "");
  return { hostId: "host", epoch, registry, heartbeatSeconds: 60, closing, usage } as unknown as HostContext;
}

describe("a watch on the host's side", () => {
  let end: AbortController;
  let host: HostContext;
  let entry: InstanceEntry;

  beforeEach(() => {
    end = new AbortController();
    host = hostOf(1_000_000, end.signal);
    entry = add("alpha");
  });
  afterEach(() => end.abort());

  function add(name: string): InstanceEntry {
    const now = new Date();
    const record = {
      schema: 1,
      name,
      uid: `uid-of-${name}`,
      labels: {},
      spec: parseInstanceSpec({ port: 27_015 }),
      desiredState: "STOPPED",
    };
    return host.registry.add({
      ...record,
      createTime: now.toISOString(),
      updateTime: now.toISOString(),
      generation: 0,
    } as unknown as Parameters<InstanceRegistry["add"]>[0]);
  }

  function change(count: number): void {
    for (let changes = 0; changes < count; changes += 1) host.registry.touch(entry);
  }

  /** The next events of a watch, in a word each; reading stops behind them. */
  async function words(watch: AsyncIterator<WatchEvent>, count: number): Promise<string[]> {
    const found: string[] = [];
    for (let events = 0; events < count; events += 1) {
      const { value, done } = await watch.next();
      if (done === true) return [...found, "end"];
      found.push(wordOf(value));
    }
    return found;
  }

  function wordOf(event: WatchEvent): string {
    if (event.type === "change") return `${event.change} ${event.instance.name} ${event.merged}`;
    if (event.type === "resync") return `resync ${event.reason}`;
    return event.type === "hello" ? `hello, ${event.resumed ? "resumed" : "from the beginning"}` : event.type;
  }

  /** The cursor of a watcher that has seen everything. */
  async function cursorNow(): Promise<string> {
    const watch = watchInstances(host, everything, end.signal);
    for (;;) {
      const { value } = await watch.next();
      if (value?.type === "bookmark") return value.cursor;
    }
  }

  it("tells a watcher that is slower than the host keeps changes that it missed some, and shows everything again", async () => {
    const watch = watchInstances(host, everything, end.signal);
    assert.deepEqual(await words(watch, 3), ["hello, from the beginning", "ADDED alpha 0", "bookmark"]);
    change(tooMany);
    assert.deepEqual(await words(watch, 3), ["resync SLOW_CLIENT", "ADDED alpha 0", "bookmark"]);
    change(1);
    assert.deepEqual(await words(watch, 1), ["MODIFIED alpha 0"]);
  });

  it("merges what a slow watcher can still be told, and says how much", async () => {
    const watch = watchInstances(host, everything, end.signal);
    await words(watch, 3);
    change(100);
    assert.deepEqual(await words(watch, 1), ["MODIFIED alpha 99"]);
  });

  it("says that a cursor is too old, and shows everything", async () => {
    const afterCursor = await cursorNow();
    change(tooMany);
    const watch = watchInstances(host, { ...everything, afterCursor }, end.signal);
    assert.deepEqual(await words(watch, 4), ["hello, from the beginning", "resync CURSOR_TOO_OLD", "ADDED alpha 0", "bookmark"]);
  });

  it("says that a cursor is of an earlier daemon, and shows everything", async () => {
    const afterCursor = await cursorNow();
    host = hostOf(2_000_000, end.signal);
    entry = add("beta");
    const watch = watchInstances(host, { ...everything, afterCursor }, end.signal);
    assert.deepEqual(await words(watch, 4), ["hello, from the beginning", "resync DAEMON_RESTARTED", "ADDED beta 0", "bookmark"]);
  });

  it("goes on behind a cursor that it knows", async () => {
    const afterCursor = await cursorNow();
    add("beta");
    const watch = watchInstances(host, { ...everything, afterCursor }, end.signal);
    assert.deepEqual(await words(watch, 3), ["hello, resumed", "ADDED beta 0", "bookmark"]);
  });
});
