import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createInstanceJournal } from "../src/drivers/systemd/journal/index.ts";
import { down, exec, sh } from "../test/hosts/host.ts";
import { inHost, prepareHost } from "../test/hosts/prepared-host.ts";
import { type Bench, median, percentile } from "./bench.ts";

const host = "bench-journal";
const repository = join(import.meta.dirname, "..");
const inGuest = "/opt/left4me/repository";
const root = "/var/lib/left4me";
const unit = "left4me-server@measured.service";

/** What the part within the host has measured, in milliseconds and lines a second. */
type Figures = { readonly ours: number[]; readonly peer: number[]; readonly oursPerSecond: number; readonly rawPerSecond: number };

/** The way of a game's line to a follower beside `journalctl -f`, and the lines a second beside journalctl's raw export. */
export const journalBench: Bench = {
  title: "a log line to its follower, against journalctl -f in the same host; lines a second",
  async run({ runs, log }) {
    await prepareHost(host, [{ source: repository, target: inGuest }]);
    try {
      const lines = Math.max(100, 10 * runs);
      await sh(host, prepareUnit(lines));
      const { code, stdout, stderr } = await exec(host, [
        "runuser",
        "-u",
        "left4me",
        "--",
        inHost.node,
        `${inGuest}/bench/journal.ts`,
        String(lines),
      ]);
      if (code !== 0) throw new Error(stderr);
      const { ours, peer, oursPerSecond, rawPerSecond } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Figures;
      log(
        `${ours.length} lines; ours ${percentile(ours, 0.5)} / ${percentile(ours, 0.99)} ms, journalctl -f ${percentile(peer, 0.5)} / ${percentile(peer, 0.99)} ms`,
      );
      return {
        unit: "ms",
        value: median(ours),
        peer: median(peer),
        limit: { of: "value", most: 15 },
        further: {
          p99: { value: percentile(ours, 0.99), unit: "ms", most: 60 },
          peerP99: { value: percentile(peer, 0.99), unit: "ms" },
          linesPerSecond: { value: Math.round(oursPerSecond), unit: "lines/s" },
          rawExportLinesPerSecond: { value: Math.round(rawPerSecond), unit: "lines/s" },
          rawOverOurs: { value: rawPerSecond / oursPerSecond, unit: "ratio", most: 1 / 0.9 },
        },
      };
    } finally {
      await down(host);
    }
  },
};

/** A unit with the template's log settings. It prints the time at odd moments; then, when told to, as fast as it can. */
function prepareUnit(lines: number): string {
  return `install -d -o left4me -g left4me -m 700 ${root}/instances/measured
cat >/opt/measured.sh <<'SCRIPT'
echo $INVOCATION_ID >/tmp/invocation
until [[ -e /tmp/begin ]]; do sleep 0.05; done
for ((i = 0; i < ${lines}; i++)); do echo "at $EPOCHREALTIME"; sleep 0.0$((RANDOM % 90 + 10)); done
until [[ -e /tmp/flood ]]; do sleep 0.05; done
seq -f 'a line of a game server, such as it prints when a player connects: %.0f' ${floodLines}
echo flooded
sleep infinity
SCRIPT
(printf '[Service]\\nUser=left4me-game\\nExecStart=/bin/bash /opt/measured.sh\\n'; sed -n '/^LogNamespace=/p; /^LogRate/p; /^Standard/p; /^SyslogLevelPrefix=/p' /usr/lib/systemd/system/left4me-server@.service) >/run/systemd/system/${unit}
systemctl daemon-reload; systemctl start ${unit}`;
}

const floodLines = 100_000;

// ------------------------------------------------------------------------------------------------- within the host

const now = () => performance.timeOrigin + performance.now();
const ageOf = (message: string) => now() - Number(message.slice(3)) * 1000;

/** Calls `take` with every line that a journalctl prints. */
function journalctl(args: readonly string[], take: (line: string) => void) {
  const child = spawn("journalctl", ["--namespace=left4me", "--quiet", "--no-pager", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const texts = (rest + chunk.toString()).split("\n");
    rest = texts.pop() ?? "";
    for (const text of texts) take(text);
  });
  return child;
}

async function measure(lines: number): Promise<Figures> {
  const { readFileSync, writeFileSync, rmSync } = await import("node:fs");
  const journal = createInstanceJournal({ root, transport: "direct", log: (text) => process.stderr.write(`${text}\n`) });
  await journal.open();
  const identity = { name: "measured", uid: randomUUID() };
  const [ours, peer]: [number[], number[]] = [[], []];
  const invocationId = readFileSync("/tmp/invocation", "utf8").trim();
  journal.recordEvent(identity, "STARTED", { invocationId, message: "game started", time: new Date() });
  const stopping = new AbortController();
  const flooded = Promise.withResolvers<void>();
  const follower = (async () => {
    for await (const piece of journal.logs(identity, { type: "history", lines: 0 }, true, stopping.signal)) {
      if (piece.type === "gap") continue;
      for (const { message } of piece.entries) {
        if (message.startsWith("at ")) ours.push(ageOf(message));
        if (message === "flooded") flooded.resolve();
      }
    }
  })();
  const other = journalctl(["--follow", "--lines=0", "--output=cat", `--unit=${unit}`], (line) => {
    if (line.startsWith("at ")) peer.push(ageOf(line));
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  writeFileSync("/tmp/begin", "");
  while (ours.length < lines) await new Promise((resolve) => setTimeout(resolve, 100));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  other.kill();
  stopping.abort();
  await follower;
  rmSync("/tmp/begin");
  return { ours: ours.slice(1), peer: peer.slice(1), ...(await measureFlow(journal, identity)) };
}

/** The flood is in the journal; who reads it faster? In turn, the best of three each. */
async function measureFlow(
  journal: ReturnType<typeof createInstanceJournal>,
  identity: { name: string; uid: string },
): Promise<Pick<Figures, "oursPerSecond" | "rawPerSecond">> {
  const { writeFileSync } = await import("node:fs");
  writeFileSync("/tmp/flood", "");
  for (let isOver = false; !isOver; ) {
    const last = { type: "history", lines: 1 } as const;
    for await (const piece of journal.logs(identity, last, false, AbortSignal.timeout(60_000)))
      if (piece.type === "batch") isOver ||= piece.entries.some(({ message }) => message === "flooded");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  let [oursPerSecond, rawPerSecond] = [0, 0];
  for (let round = 0; round < 3; round += 1) {
    let [count, began] = [0, performance.now()];
    for await (const piece of journal.logs(identity, { type: "history", lines: 1e12 }, false, AbortSignal.timeout(60_000)))
      if (piece.type === "batch") count += piece.entries.length;
    oursPerSecond = Math.max(oursPerSecond, (count / (performance.now() - began)) * 1000);
    began = performance.now();
    await new Promise((resolve) => {
      const fields = "--output-fields=MESSAGE,_SYSTEMD_UNIT,_SYSTEMD_INVOCATION_ID,_LINE_BREAK";
      const args = ["--namespace=left4me", "--quiet", "--no-pager", "--output=export", fields, `_SYSTEMD_UNIT=${unit}`];
      const child = spawn("journalctl", args, { stdio: ["ignore", "pipe", "inherit"] });
      child.stdout.resume();
      child.once("close", resolve);
    });
    rawPerSecond = Math.max(rawPerSecond, (count / (performance.now() - began)) * 1000);
  }
  await journal.close();
  return { oursPerSecond, rawPerSecond };
}

if (import.meta.main) {
  setInterval(() => {}, 1000); // a journal alone keeps no program alive
  process.stdout.write(`${JSON.stringify(await measure(Number(process.argv[2])))}\n`);
  process.exit(0);
}
