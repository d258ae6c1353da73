import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { RuntimeIdentity } from "../../src/host/driver.ts";
import type { GuestCall, GuestLog, GuestStart } from "../unit/systemd-journal/journal-guest.ts";
import { down, sh } from "./host.ts";
import { inHost, prepareHost } from "./prepared-host.ts";
import { until } from "./unit-state.ts";
import { whyNoHosts } from "./why-no-hosts.ts";

const host = "journal";
const repository = join(import.meta.dirname, "../..");
const inGuest = "/opt/left4me/repository";
const everything: GuestStart = { type: "history", lines: 1e9 };

/** A journal in the host, as left4me. */
class Guest {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #calls = 0;
  stderr = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on("data", (data) => {
      this.stderr += data;
    });
    child.once("exit", (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the guest ended with ${code}: ${this.stderr}`));
    });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const { id, answer, failure } = JSON.parse(line) as { id: number; answer?: unknown; failure?: string };
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failure === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(failure));
    });
  }

  static async start(transport: "direct" | "sudo" = "direct"): Promise<Guest> {
    const program = `${inGuest}/test/unit/systemd-journal/journal-guest.ts`;
    const command = ["runuser", "-u", "left4me", "--", inHost.node, program, "/var/lib/left4me", transport];
    const guest = new Guest(spawn(join(import.meta.dirname, "testhost"), ["exec", host, "--", ...command]));
    await new Promise((resolve, reject) => guest.#waiting.set(0, { resolve, reject }));
    return guest;
  }

  call<T>(request: GuestCall): Promise<T> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  read(identity: RuntimeIdentity, start: GuestStart = everything): Promise<GuestLog> {
    return this.call({ verb: "read", identity, start });
  }

  /** Waits until a follower has heard something. */
  async heard(key: string, what: string, isIt: (log: GuestLog) => boolean, seconds = 120): Promise<GuestLog> {
    for (const deadline = Date.now() + seconds * 1000; ; await sleep(20)) {
      const log = await this.call<GuestLog>({ verb: "followed", key });
      if (isIt(log)) return log;
      if (Date.now() > deadline)
        throw new Error(`${what} was not heard; ${log.entries.length} entries, ${JSON.stringify(log.gaps)}\n${this.stderr}`);
    }
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.end();
    await ended;
  }
}

const messages = ({ entries }: GuestLog) => entries.map(({ message, event }) => event ?? message);
const keys = ({ entries }: GuestLog) => entries.map(({ position, message, event }) => `${event ?? message} ${position}`);
const saw = (message: string) => (log: GuestLog) => messages(log).includes(message);
const numbered = (log: GuestLog) => log.entries.flatMap(({ message }) => (/^line \d+$/.test(message) ? [Number(message.slice(5))] : []));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** A new instance whose game is a shell script, in a unit with the template's log settings and without its sandbox. */
async function instance(name: string, script: string): Promise<RuntimeIdentity> {
  const uid = randomUUID();
  const record = JSON.stringify({ uid, createTime: new Date().toISOString() });
  await sh(
    host,
    `install -d -o left4me -g left4me -m 700 /var/lib/left4me/instances/${name}
     printf '%s' '${record}' >/var/lib/left4me/instances/${name}/record.json
     chown left4me: /var/lib/left4me/instances/${name}/record.json
     cat >/opt/game-${name}.sh <<'SCRIPT'
echo $INVOCATION_ID >/tmp/invocation-${name}
until [[ -e /tmp/started-${name} ]]; do sleep 0.01; done
${script}
SCRIPT
     sed -n '/^LogNamespace=/p; /^LogRate/p; /^Standard/p; /^SyslogLevelPrefix=/p; /^RestartMode=/p; /^Slice=/p' \
       /usr/lib/systemd/system/left4me-server@.service | cat <(printf '[Service]\nType=exec\nUser=left4me-game\nExecStart=/bin/bash /opt/game-${name}.sh\n') - \
       >/run/systemd/system/left4me-server@${name}.service
     systemctl daemon-reload`,
  );
  return { name, uid };
}

const unit = ({ name }: RuntimeIdentity) => `left4me-server@${name}.service`;

/** Starts the game and tells the journal so, as the driver does; returns the invocation. */
async function start(guest: Guest, identity: RuntimeIdentity): Promise<string> {
  const file = `/tmp/invocation-${identity.name}`;
  const script = `rm -f ${file} /tmp/started-${identity.name}; systemctl start ${unit(identity)}; until [[ -s ${file} ]]; do sleep 0.01; done; cat ${file}`;
  const invocationId = (await sh(host, script)).trim();
  await guest.call({ verb: "event", identity, event: "STARTED", invocationId });
  await sh(host, `touch /tmp/started-${identity.name}`);
  return invocationId;
}

async function awaitEnd(guest: Guest, identity: RuntimeIdentity, invocationId: string): Promise<void> {
  await sh(host, `while systemctl is-active -q ${unit(identity)}; do sleep 0.02; done`);
  await guest.call({ verb: "event", identity, event: "EXITED", invocationId });
}

async function play(guest: Guest, identity: RuntimeIdentity): Promise<string> {
  const invocationId = await start(guest, identity);
  await awaitEnd(guest, identity, invocationId);
  return invocationId;
}

describe("logs from the journal", { skip: whyNoHosts() ?? false }, () => {
  let guest: Guest;

  before(async () => {
    await prepareHost(host, [{ source: repository, target: inGuest }]);
    guest = await Guest.start();
  });
  after(async () => {
    await guest?.end();
    await down(host);
  });

  it("tells live what it tells later, events in their places", async () => {
    const identity = await instance("plain", "for i in 1 2 3; do echo line $i; done; sleep 0.3; echo late; printf 'no end'");
    await guest.call({ verb: "follow", identity, start: everything, key: "plain" });
    await play(guest, identity);
    await play(guest, identity);
    const live = await guest.heard("plain", "both ends", (log) => messages(log).filter((text) => text === "EXITED").length === 2);
    const run = ["STARTED", "line 1", "line 2", "line 3", "late", "no end", "EXITED"];
    assert.deepEqual(messages(live), [...run, ...run]);
    assert.deepEqual(keys(await guest.read(identity)), keys(live));
    const times = live.entries.map(({ time }) => time);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.equal(await guest.call({ verb: "end", identity }), live.entries.at(-1)?.position);
    assert.ok(live.entries.every(({ invocationId }) => /^[0-9a-f]{32}$/.test(invocationId)));
  });

  it("tells the same to a daemon that was not there", async () => {
    const identity: RuntimeIdentity = {
      name: "plain",
      uid: JSON.parse(await sh(host, "cat /var/lib/left4me/instances/plain/record.json")).uid,
    };
    const earlier = await guest.read(identity);
    await guest.call({ verb: "reopen" });
    assert.deepEqual(keys(await guest.read(identity)), keys(earlier));
    for (const [index, { position }] of earlier.entries.entries()) {
      const rest = await guest.read(identity, { type: "position", position });
      assert.deepEqual([keys(rest), rest.gaps], [keys(earlier).slice(index + 1), []], `behind entry ${index}`);
    }
    for (const lines of [1, 5, 8, 13, 14, 15])
      assert.deepEqual(keys(await guest.read(identity, { type: "history", lines })), keys(earlier).slice(-lines), `the last ${lines}`);
  });

  it("keeps a burst, and reads it from any place", async () => {
    const identity = await instance("burst", "for ((i = 1; i <= 20000; i++)); do echo line $i; done");
    await guest.call({ verb: "follow", identity, start: everything, key: "burst" });
    await play(guest, identity);
    const live = await guest.heard("burst", "the end", saw("EXITED"));
    const lost = live.gaps.reduce((sum, gap) => sum + (gap.lost ?? Number.NaN), 0);
    assert.equal(numbered(live).length + lost, 20_000);
    const history = await guest.read(identity);
    assert.deepEqual(numbered(history), upTo(20_000));
    assert.equal(messages(history).at(-1), "EXITED");
    const { position } = history.entries[7000] ?? { position: "" };
    assert.deepEqual(keys(await guest.read(identity, { type: "position", position })), keys(history).slice(7001));
    for (const lines of [200, 3000, 20_001]) {
      assert.deepEqual(keys(await guest.read(identity, { type: "history", lines })), keys(history).slice(-lines), `the last ${lines}`);
    }
    const since = history.entries[10_000]?.time ?? 0;
    assert.deepEqual(
      keys(await guest.read(identity, { type: "history", lines: 1e9, since })),
      keys(history).slice(history.entries.findIndex(({ time }) => time >= since)),
    );
  });

  it("keeps odd bytes, and joins what journald cut", async () => {
    const identity = await instance(
      "odd",
      String.raw`printf '  leading\n\ttab\n\033[31mred\n=equals\n<6>priority\na\xffb\nzo\xeb\n'
perl -e 'print "x" x 65536, "\n", "y" x 204800, "\n"'`,
    );
    await guest.call({ verb: "follow", identity, start: everything, key: "odd" });
    await play(guest, identity);
    const live = await guest.heard("odd", "the end", saw("EXITED"));
    assert.deepEqual(messages(live).slice(1, 8), ["  leading", "\ttab", "\x1b[31mred", "=equals", "<6>priority", "a\ufffdb", "zo\ufffd"]);
    assert.deepEqual(live.entries[6]?.raw, [0x61, 0xff, 0x62]);
    const long = live.entries.filter(({ length }) => length > 1000);
    assert.deepEqual([long[0]?.length, long[0]?.partial], [65_536, false]);
    assert.equal(
      long.slice(1).reduce((sum, { length }) => sum + length, 0),
      204_800,
    );
    assert.deepEqual(
      long.slice(1).map(({ partial }) => partial),
      long.slice(1).map((_, index) => index < long.length - 2),
    );
    await guest.call({ verb: "reopen" });
    assert.deepEqual(keys(await guest.read(identity)), keys(live));
    for (const [index, { position }] of live.entries.entries())
      assert.deepEqual(
        keys(await guest.read(identity, { type: "position", position })),
        keys(live).slice(index + 1),
        `behind entry ${index}`,
      );
  });

  it("loses and repeats nothing when journalctl, journald and the daemon are restarted", async () => {
    const identity = await instance("restarts", "for ((i = 1; i <= 3000; i++)); do echo line $i; ((i % 10)) || sleep 0.01; done");
    await guest.call({ verb: "follow", identity, start: everything, key: "restarts" });
    const invocationId = await start(guest, identity);
    const kill = `for pid in $(pgrep -x journalctl); do kill -KILL $pid; done`;
    for (const disturbance of [kill, "systemctl restart systemd-journald@left4me", kill, "journalctl --namespace=left4me --rotate"]) {
      await sleep(300);
      await sh(host, disturbance);
    }
    await awaitEnd(guest, identity, invocationId);
    const live = await guest.heard("restarts", "the end", saw("EXITED"));
    assert.deepEqual([numbered(live), live.gaps], [upTo(3000), []]);
    assert.deepEqual(keys(await guest.read(identity)), keys(live));
    await guest.call({ verb: "reopen" });
    assert.deepEqual(keys(await guest.read(identity)), keys(live));
  });

  it("tells an end behind the last words, also when journald serves nobody for seconds", async () => {
    const identity = await instance("stalled", "echo line 1; until [[ -e /tmp/stalled ]]; do sleep 0.01; done; echo line 2; echo line 3");
    await guest.call({ verb: "follow", identity, start: everything, key: "stalled" });
    const invocationId = await start(guest, identity);
    await guest.heard("stalled", "the first line", saw("line 1"));
    const signal = (name: string) => sh(host, `systemctl kill -s ${name} systemd-journald@left4me; touch /tmp/stalled`);
    await signal("STOP");
    try {
      await awaitEnd(guest, identity, invocationId);
      await sleep(5000);
    } finally {
      await signal("CONT");
    }
    const live = await guest.heard("stalled", "the end", saw("EXITED"));
    assert.deepEqual(messages(live), ["STARTED", "line 1", "line 2", "line 3", "EXITED"]);
  });

  it("resumes during a flood", async () => {
    const identity = await instance("flood", "for ((i = 1; i <= 4000; i++)); do echo line $i; ((i % 20)) || sleep 0.01; done");
    const invocationId = await start(guest, identity);
    const seen: number[] = [];
    let position = "";
    for (let connection = 0; seen.length < 3000; connection += 1) {
      const key = `flood-${connection}`;
      await guest.call({ verb: "follow", identity, start: { type: "position", position }, key });
      const log = await guest.heard(key, "fifty entries", ({ entries }) => entries.length >= 50);
      await guest.call({ verb: "unfollow", key });
      assert.deepEqual(log.gaps, []);
      seen.push(...numbered(log));
      position = log.entries.at(-1)?.position ?? "";
      if (connection === 3) await guest.call({ verb: "reopen" });
    }
    assert.deepEqual(seen, upTo(seen.length));
    await awaitEnd(guest, identity, invocationId);
  });

  it("tells a slow follower what it missed; others are not delayed", async () => {
    const identity = await instance("slow", "for ((i = 1; i <= 30000; i++)); do echo line $i; done");
    const other = await instance("quiet", "echo line 1; sleep 0.5; echo line 2; sleep 5");
    await guest.call({ verb: "follow", identity, start: everything, key: "slow", stallMs: 300 });
    await guest.call({ verb: "follow", identity: other, start: everything, key: "quiet" });
    const invocationId = await start(guest, identity);
    await start(guest, other);
    await guest.heard("quiet", "the other's line", saw("line 2"));
    const { entries } = await guest.call<GuestLog>({ verb: "followed", key: "slow" });
    assert.ok(!entries.some(({ message }) => message === "line 30000"), "the slow one is not at its end yet");
    await awaitEnd(guest, identity, invocationId);
    const log = await guest.heard("slow", "the end", saw("EXITED"));
    assert.ok(log.gaps.length > 0 && log.gaps.every(({ reason, lost }) => reason === "SLOW_CLIENT" && (lost ?? 0) > 0));
    assert.equal(numbered(log).length + log.gaps.reduce((sum, { lost }) => sum + (lost ?? 0), 0), 30_000);
    await sh(host, `systemctl stop ${unit(other)}`);
  });

  it("tells a quiet game's lines while another floods, each once", async () => {
    const identity = await instance("flooding", "for ((i = 1; i <= 300000; i++)); do echo line $i; done");
    const other = await instance("beside", "for i in {1..150}; do echo line $i; sleep 0.02; done");
    await guest.call({ verb: "follow", identity: other, start: everything, key: "beside" });
    const flood = await start(guest, identity);
    const invocationId = await start(guest, other);
    // By a daemon that has the flood before it, journalctl besides the one of all.
    await until(host, "(( $(pgrep -u left4me -xc journalctl) > 1 ))", 300);
    await awaitEnd(guest, other, invocationId);
    const live = await guest.heard("beside", "the end", saw("EXITED"), 300);
    assert.deepEqual([numbered(live), live.gaps], [upTo(150), []]);
    assert.deepEqual(messages(live).slice(-2), ["line 150", "EXITED"]);
    await awaitEnd(guest, identity, flood);
    assert.deepEqual(keys(await guest.read(other)), keys(live));
    await guest.call({ verb: "unfollow", key: "beside" });
    await until(host, "(( $(pgrep -u left4me -xc journalctl) == 1 ))", 300);
    await guest.call({ verb: "reopen" });
    assert.deepEqual(keys(await guest.read(other)), keys(live));
  });

  it("knows its invocations, refuses foreign ones and foreign positions, and ends with the instance", async () => {
    const identity = await instance("known", "echo line 1");
    const other = await instance("other", "echo line 1");
    const first = await play(guest, identity);
    const second = await play(guest, identity);
    const foreign = await play(guest, other);
    for (const invocationId of [first, second]) {
      const { entries } = await guest.read(identity, { type: "history", lines: 1e9, invocationId });
      assert.deepEqual(
        entries.map(({ message, event }) => event ?? message),
        ["STARTED", "line 1", "EXITED"],
      );
      assert.ok(entries.every((entry) => entry.invocationId === invocationId));
    }
    for (const invocationId of [foreign, "0".repeat(32), "nonsense"])
      await assert.rejects(guest.read(identity, { type: "history", lines: 1e9, invocationId }), /^Error: INVOCATION_NOT_FOUND$/);
    const position = (await guest.read(other)).entries.at(-1)?.position ?? "";
    for (const wrong of [position, "nonsense", "--follow", "s=1;i=2"])
      await assert.rejects(guest.read(identity, { type: "position", position: wrong }), /^Error: INVALID_CURSOR$/);
    await guest.call({ verb: "follow", identity, start: everything, key: "known" });
    await guest.heard("known", "the end", ({ entries }) => entries.length === 6);
    await guest.call({ verb: "remove", identity });
    await guest.heard("known", "the end of the stream", ({ isOver }) => isOver);
    const namesake = await instance("known", "echo line 2");
    assert.deepEqual(await guest.read(namesake), { entries: [], gaps: [], isOver: true });
    await play(guest, namesake);
    assert.deepEqual(messages(await guest.read(namesake)), ["STARTED", "line 2", "EXITED"]);
    await guest.call({ verb: "reopen" });
    assert.deepEqual(messages(await guest.read(namesake)), ["STARTED", "line 2", "EXITED"]);
  });

  it("says so when the journal has dropped what a position waits for", async () => {
    const identity = await instance("vacuum", "for ((i = 1; i <= 500; i++)); do echo line $i; done");
    await play(guest, identity);
    const { entries } = await guest.read(identity);
    await sh(host, "journalctl --namespace=left4me --rotate");
    await play(guest, identity);
    await sh(host, "journalctl --namespace=left4me --rotate --vacuum-files=1");
    await play(guest, identity);
    await guest.call({ verb: "reopen" });
    const log = await guest.read(identity, { type: "position", position: entries[3]?.position ?? "" });
    assert.deepEqual(
      log.gaps.map(({ reason }) => reason),
      ["TRIMMED"],
    );
    assert.ok(numbered(log).length >= 500);
    assert.deepEqual(keys(await guest.read(identity, { type: "position", position: log.gaps[0]?.position ?? "" })), keys(log));
  });

  it("does the same by sudo", async () => {
    const bySudo = await Guest.start("sudo");
    try {
      const identity = await instance("sudo", "for i in 1 2 3; do echo line $i; done; sleep 0.3; echo late");
      await bySudo.call({ verb: "follow", identity, start: everything, key: "sudo" });
      await play(bySudo, identity);
      const live = await bySudo.heard("sudo", "the end", saw("EXITED"));
      assert.deepEqual(messages(live), ["STARTED", "line 1", "line 2", "line 3", "late", "EXITED"]);
      await bySudo.call({ verb: "reopen" });
      assert.deepEqual(keys(await bySudo.read(identity)), keys(live));
      const { position = "" } = live.entries[1] ?? {};
      assert.deepEqual(keys(await bySudo.read(identity, { type: "position", position })), keys(live).slice(2));
      for (const lines of [1, 300])
        assert.deepEqual(keys(await bySudo.read(identity, { type: "history", lines })), keys(live).slice(-lines));
    } finally {
      await bySudo.end();
    }
    await until(host, "! pgrep -u root -x journalctl"); // closing the pipe ends root's
  });
});
