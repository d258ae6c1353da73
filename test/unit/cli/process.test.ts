import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
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
