import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { ChangeType, InstallPhase } from "../../../src/client/index.ts";
import type { WatchInstancesResponseSchema } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { scriptedInstall, told, untilLeft } from "../client/scripted-install.ts";
import { startSocketHost } from "../client/socket-host.ts";

const launcher = fileURLToPath(new URL("../../../bin/l4d2ctl", import.meta.url));

async function floodingHost() {
  return await startSocketHost({
    logs: {
      async *streamLogs(request) {
        yield { event: { case: "hello" as const, value: { cursor: "0" } } };
        for (let number = 1; request.follow || number <= 3; number += 1) {
          yield { event: { case: "batch" as const, value: { entries: [{ cursor: String(number), message: `line ${number}` }] } } };
          if (number > 100) await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    },
  });
}

type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly out: string; readonly err: string };

function finished(command: string, address: string, onOut: (child: ReturnType<typeof spawn>) => void = () => undefined): Promise<Ended> {
  const child = spawn("sh", ["-c", command], {
    env: { ...process.env, L4D2CTL: launcher, LEFT4ME_ADDRESS: address },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
    onOut(child);
  });
  child.stderr.on("data", (chunk) => (err += chunk));
  return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, out, err })));
}

test("a reader that leaves ends a follower quietly", async () => {
  await using host = await floodingHost();
  const { code, out, err } = await finished('{ "$L4D2CTL" logs a --plain; echo "code $?" >&2; } | head -n 2', host.address);
  assert.deepEqual([code, out, err], [0, "line 1\nline 2\n", "code 0\n"]);
});

test("Ctrl-C ends a follower with 130, lines arrive one by one", async () => {
  await using host = await floodingHost();
  let isInterrupted = false;
  const { code, signal, err } = await finished('exec "$L4D2CTL" logs a --plain', host.address, (child) => {
    if (!isInterrupted && child.pid !== undefined) process.kill(-child.pid, "SIGINT");
    isInterrupted = true;
  });
  assert.deepEqual([code, signal, err], [130, null, ""]);
});

test("one Ctrl-C ends a command that waits for the end of its standard input", async () => {
  const child = spawn(launcher, ["initialize", "a", "-f", "-", "--address", "unix:/nonexistent"], { stdio: ["pipe", "ignore", "pipe"] });
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  // More than a pipe holds: when it is written, it is being read.
  await new Promise((resolve) => child.stdin.write(`#${"x".repeat(1_000_000)}`, resolve));
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  assert.deepEqual([code, err], [130, "error: interrupted\n"]);
});

const lacksTerminals = spawnSync("script", ["--version"]).error !== undefined && "needs script (util-linux)";

/** Runs a command line of bash on a terminal of its own, 80 by 12, and types what `onOut` returns. `script` answers as the command does. */
function onTerminal(commands: string, address: string, onOut: (text: string) => string): Promise<{ code: number | null; out: string }> {
  const child = spawn("script", ["-qefc", `bash -c 'stty cols 80 rows 12; ${commands}'`, "/dev/null"], {
    env: { ...process.env, TERM: "xterm", SHELL: "/bin/sh", L4D2CTL: launcher, LEFT4ME_ADDRESS: address },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
    const keys = onOut(out);
    if (keys !== "") child.stdin.write(keys);
  });
  child.stdin.on("error", () => {}); // script has ended
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out })));
}

async function watchedHost() {
  return await startSocketHost({
    instances: {
      async *watchInstances(_request, { signal }): AsyncGenerator<MessageInitShape<typeof WatchInstancesResponseSchema>> {
        yield { event: { case: "hello", value: {} } };
        yield { event: { case: "change", value: { type: ChangeType.ADDED, instance: { name: "alpha" } } } };
        yield { event: { case: "bookmark", value: { cursor: "1" } } };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
  });
}

test("Ctrl-C leaves a terminal as status --watch found it, and ends with 130", { skip: lacksTerminals }, async () => {
  await using host = await watchedHost();
  let isTyped = false;
  const { code, out } = await onTerminal('exec "$L4D2CTL" status --watch', host.address, (text) => {
    if (isTyped || !text.includes("alpha")) return "";
    isTyped = true;
    return "\x03";
  });
  assert.equal(code, 130);
  assert.match(out, /^\x1b\[\?1049h\x1b\[\?25l\x1b\[H1 instance, 0 running; /);
  assert.match(out, /\x1b\[\?25h\x1b\[\?1049lNAME {3}STATE .*\r\nalpha {2}\?.*\r\n$/);
});

test("Ctrl-Z leaves the terminal to the shell, fg takes it back", { skip: lacksTerminals }, async () => {
  await using host = await watchedHost();
  const typed: string[] = [];
  const { code, out } = await onTerminal('set -m; "$L4D2CTL" status --watch; echo "stopped $?"; fg; exit $?', host.address, (text) => {
    const pages = text.split("\x1b[?1049h").slice(1);
    const keys = pages.length === 1 ? "\x1a" : "\x03";
    if (typed.includes(keys) || pages.at(-1)?.includes("alpha") !== true) return "";
    typed.push(keys);
    return keys;
  });
  assert.equal(code, 130);
  const [stopped = "", resumed = ""] = out.split("stopped 148");
  assert.match(stopped, /\x1b\[\?25h\x1b\[\?1049l[^\x1b]*$/);
  assert.match(resumed, /\x1b\[\?1049h\x1b\[\?25l\x1b\[H1 instance.*\x1b\[\?25h\x1b\[\?1049lNAME/s);
});

test("install on a terminal: a bar as wide as that; Ctrl-C ends the watching and not the job", { skip: lacksTerminals }, async () => {
  await using script = await scriptedInstall([
    async function* (_request, signal) {
      const bytes = {
        doneBytes: 410n * 2n ** 30n,
        totalBytes: 1000n * 2n ** 30n,
        bytesPerSecond: 2n ** 24n,
        remaining: { seconds: 3776n },
      };
      yield told(InstallPhase.DOWNLOADING, { percent: 41, ...bytes });
      await untilLeft(signal);
    },
  ]);
  let isTyped = false;
  const { code, out } = await onTerminal('stty cols 60; exec "$L4D2CTL" install', script.address, (text) => {
    if (isTyped || !text.includes("…")) return "";
    isTyped = true;
    return "\x03";
  });
  assert.equal(code, 130);
  const bar = out.split("\r\x1b[K").find((part) => part.startsWith("downloading: [####------] 41 %, 410 GiB of 1000"));
  assert.equal([...(bar?.replace("^C", "") ?? "")].length, 59, out);
  assert.match(out, /only the watching has ended; .*\r\nhint: .*l4d2ctl install --attach j1; cancel it: l4d2ctl install --cancel j1\r\n$/);
  assert.equal(script.counts.cancels, 0);
});
