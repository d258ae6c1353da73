import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RconClient } from "./rcon.ts";
import { startWithConfig } from "./start-game.ts";

// Each test spends its time waiting for a process to start: together they take a fraction.
describe("stand-in: RCON", { concurrency: 4 }, () => {
  test("a session: authentication, status, cvars, the map, quit", async () => {
    await using game = await startWithConfig(["rcon_password secret", "sim_players 2"]);
    const port = await game.ready();
    await using client = await RconClient.open(port);
    client.send(1, 2, "status");
    assert.equal((await client.receive()).id, -1, "a command before the password is refused");
    assert.equal(await client.login("secret"), 7);

    const status = await client.text("status");
    assert.match(status, /^hostname: Left 4 Dead 2\nversion : 2\.2\.4\.3 10097 secure {2}\(unknown\)\n/);
    assert.match(status, new RegExp(`udp/ip {2}: 127\\.0\\.0\\.1:${port} `));
    assert.match(status, /players : 2 humans, 0 bots \(4 max\) \(not hibernating\) \(unreserved\)/);
    assert.match(status, /^# 3 1 "桐喵Six" STEAM_1:0:1001 00:0\d 21 0 active 30000 \S+:27005$/m);

    assert.equal(await client.text('hostname "a b"; hostname; nonsense'), '"hostname" = "a b"\nUnknown command "nonsense"\n');
    assert.equal(await client.text("sim_players 0"), "");
    assert.match(await client.text("status"), /\(hibernating\)/);
    await client.text("changelevel c3m1_plankcountry");
    assert.match(await client.text("status"), /^map {5}: c3m1_plankcountry$/m);
    await client.text("say hello");
    await game.waitFor(/^rcon from "127\.0\.0\.1:\d+": command "say hello"\nConsole: hello$/m);

    client.send(10, 2, "quit");
    assert.deepEqual(await game.exited, { code: 0, signal: null });
  });

  test("a long answer comes in packets of at most 4096 bytes, closed by the mirrored empty packet", async () => {
    await using game = await startWithConfig(["rcon_password secret", 'hostname "Zoë"']);
    await using client = await RconClient.open(await game.ready());
    await client.login("secret");
    const packets = await client.run("cvarlist");
    assert.ok(packets.length >= 2, `${packets.length} packets`);
    assert.ok(packets.every(({ body, type }) => type === 0 && body.length <= 4086));
    assert.equal(packets[0]?.body.length, 4086);
    const text = Buffer.concat(packets.map(({ body }) => body)).toString("utf8");
    assert.match(text, /^hostname +: Zoë /m);
    assert.match(text, /^(\d+) total convars\/concommands$/m);
    // Commands that take their time keep the order of the answers.
    client.send(20, 2, "sim_sleep 0.1; echo slow");
    client.send(21, 2, "echo fast");
    assert.deepEqual([(await client.receive()).id, (await client.receive()).id], [20, 21]);
  });

  test("a wrong password gets -1, and too many of them a ban", async () => {
    await using game = await startWithConfig(["rcon_password secret", "sv_rcon_maxfailures 3"]);
    const port = await game.ready();
    await using client = await RconClient.open(port);
    for (let i = 0; i < 3; i++) assert.equal(await client.login("wrong"), -1);
    await assert.rejects(client.receive());
    await game.waitFor(/^Banning 127\.0\.0\.1 for rcon hacking attempts$/m);
    await using banned = await RconClient.open(port);
    await assert.rejects(banned.login("secret"));
  });

  test("without a password nothing listens; one that is set later opens the port, and bytes that are no RCON close the connection", async () => {
    await using game = await startWithConfig([]);
    const port = await game.ready();
    await assert.rejects(RconClient.open(port), { code: "ECONNREFUSED" });

    await using later = await startWithConfig(["rcon_password one"]);
    await using client = await RconClient.open(await later.ready());
    await client.login("one");
    await client.text("rcon_password two");
    assert.equal(await client.login("one"), -1);
    assert.equal(await client.login("two"), 7);
    client.socket.write("GET / HTTP/1.1\r\n\r\n");
    await assert.rejects(client.receive());
  });
});
