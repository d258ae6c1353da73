import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { MessageBus } from "dbus-native";
import { HostError } from "../../../src/domain/host-error.ts";
import { type BusSignal, connectSystemBus } from "../../../src/drivers/systemd/bus/bus-connection.ts";
import { pid1Name, SignalGate } from "../../../src/drivers/systemd/bus/bus-signals.ts";
import { noBus, PrivateBus, until } from "./private-bus.ts";

const isAway = (error: unknown) =>
  error instanceof HostError && error.reason === "DRIVER_UNAVAILABLE" && error.metadata["problem"] === "bus-away";

/** A signal that is addressed to one connection, which needs no match rule of it. */
function send(from: MessageBus, destination: string, id: number): void {
  const signal = { type: 4, serial: id + 1000, destination, path: "/org/freedesktop/systemd1", signature: "u", body: [id] };
  from.connection.message({ ...signal, interface: "org.freedesktop.systemd1.Manager", member: "JobRemoved" });
}

test("signals are PID 1's, whoever sends others to this connection, and follow it to another name", { skip: noBus }, async (context) => {
  const bus = await PrivateBus.start(context);
  const pid1 = bus.client();
  await pid1.requestName(pid1Name, 0);
  const seen: BusSignal[] = [];
  const logged: string[] = [];
  const connection = await connectSystemBus(
    (signal) => {
      seen.push(signal);
      if (signal.body[0] === 2) throw new Error("thrown by the listener");
    },
    { socket: bus.socket, log: (message) => logged.push(message) },
  );
  const me = (await pid1.listNames()).filter((name) => name.startsWith(":") && name !== pid1.name).at(-1) ?? "";
  const stranger = bus.client();
  await stranger.getId();
  const ids = () => seen.filter(({ member }) => member === "JobRemoved").map(({ body }) => body[0]);
  send(stranger, me, 1);
  await stranger.getId();
  for (const id of [2, 3]) send(pid1, me, id);
  await until(() => ids().length >= 2);
  assert.deepEqual(ids(), [2, 3]);
  assert.match(logged.join(), /thrown by the listener/);
  // PID 1 executes itself anew: another connection has the name.
  await pid1.releaseName(pid1Name);
  await stranger.requestName(pid1Name, 0);
  send(pid1, me, 4);
  await pid1.getId();
  send(stranger, me, 5);
  await until(() => ids().length >= 3);
  assert.deepEqual(ids(), [2, 3, 5]);
  connection.close();
  await connection.closed;
});

test("only the bus itself says who PID 1 is, and what it signals counts more than what it answered", () => {
  const passed: unknown[] = [];
  const gate = new SignalGate(({ member, sender }) => passed.push([member, sender]));
  const message = (sender: string, member: string, body: unknown[]) =>
    gate.take({ type: 4, sender, path: "/", interface: "i", member, body });
  message(":1.0", "JobRemoved", []);
  gate.answered(":1.0");
  message(":1.6", "NameOwnerChanged", [pid1Name, ":1.0", ":1.6"]);
  message(":1.6", "JobRemoved", []);
  message(":1.0", "JobRemoved", []);
  message("org.freedesktop.DBus", "NameOwnerChanged", ["org.example", "", ":1.6"]);
  message("org.freedesktop.DBus", "NameOwnerChanged", []);
  message("org.freedesktop.DBus", "NameOwnerChanged", [pid1Name, ":1.0", ":1.7"]);
  gate.answered(":1.0");
  for (const sender of [":1.0", ":1.7"]) message(sender, "PropertiesChanged", []);
  gate.take({ type: 4, path: "/", interface: "i", member: "JobRemoved" });
  assert.deepEqual(passed, [
    ["JobRemoved", ":1.0"],
    ["NameOwnerChanged", "org.freedesktop.DBus"],
    ["PropertiesChanged", ":1.7"],
  ]);
});

test("a bus that takes the connection and never answers counts as away after a while", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "silent-bus-"));
  const socket = join(folder, "bus");
  const server = createServer().listen(socket);
  context.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const ended = once(server, "connection").then(([peer]) => once(peer.resume(), "close"));
  await once(server, "listening");
  await assert.rejects(
    connectSystemBus(() => {}, { socket, connectTimeoutMs: 50 }),
    (error: Error) => isAway(error) && /silent for 0.05 s/.test(error.message),
  );
  await ended;
});

test("a bus that is not there, or refuses the login, is away", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "no-bus-"));
  const socket = join(folder, "bus");
  context.after(() => rmSync(folder, { recursive: true }));
  await assert.rejects(
    connectSystemBus(() => {}, { socket }),
    isAway,
  );
  const server = createServer((peer) => peer.on("data", () => peer.write("REJECTED\r\n"))).listen(socket);
  context.after(() => server.close());
  await once(server, "listening");
  await assert.rejects(
    connectSystemBus(() => {}, { socket }),
    isAway,
  );
});
