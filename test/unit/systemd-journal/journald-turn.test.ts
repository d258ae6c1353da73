import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { journaldTurns } from "../../../src/drivers/systemd/journal/source/journald-turn.ts";

/** A journald that does with a connection what it is told to. */
async function journald(context: TestContext, serve: (socket: Socket) => void): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "left4me-turn-"));
  const path = join(directory, "stdout");
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on("error", () => {}));
    serve(socket);
  }).listen(path);
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });
  await once(server, "listening");
  return path;
}

test("journald has served every stream three times, also when it was busy before", async (t) => {
  let answers = 0;
  const path = await journald(t, async (socket) => {
    if (answers === 0) await sleep(1500);
    answers += 1;
    socket.end();
  });
  await journaldTurns(path)();
  assert.equal(answers, 3);
});

test("for a journald that answers nobody there is another patience, until it answers again", async (t) => {
  let calls = 0;
  const path = await journald(t, async (socket) => {
    calls += 1;
    if (calls !== 2) return;
    await sleep(300);
    socket.end();
  });
  const turns = journaldTurns(path, { usualMs: 100, silentMs: 300_000 });
  await turns();
  assert.equal(calls, 1);
  await turns();
  assert.equal(calls, 3);
});

test("where nobody listens nothing is waited for", async () => {
  await journaldTurns("/nowhere/stdout", { usualMs: 600_000, silentMs: 600_000 })();
});
