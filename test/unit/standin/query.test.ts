import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FieldReader, QueryClient, request } from "./query.ts";
import { startWithConfig } from "./start-game.ts";

const INFO = 0x54;
const PLAYER = 0x55;
const RULES = 0x56;
const SOURCE = "Source Engine Query\0";

// Each test spends its time waiting for a process to start: together they take a fraction.
describe("stand-in: queries", { concurrency: 4 }, () => {
  test("A2S_INFO needs the challenge, and tells what runs", async () => {
    await using game = await startWithConfig(['hostname "Zoë 桐喵"', "sv_password x"], ["+sim_players", "2", "-maxplayers", "12"]);
    const port = await game.ready();
    await using client = new QueryClient(port);
    const [challenge] = await client.exchange(request(INFO, SOURCE));
    assert.equal(challenge?.length, 9);
    assert.equal(challenge?.readUInt8(4), 0x41);
    const [again] = await client.exchange(Buffer.concat([request(INFO, SOURCE), Buffer.from([1, 2, 3, 4])]));
    assert.deepEqual(again, challenge, "a wrong challenge is answered by the right one");

    const [info] = await client.ask(INFO, SOURCE);
    assert.ok(info);
    assert.equal(info[4], 0x49);
    const field = new FieldReader(info);
    assert.equal(field.u8(), 17);
    assert.deepEqual([field.text(), field.text(), field.text(), field.text()], ["Zoë 桐喵", "c1m1_hotel", "left4dead2", "Left 4 Dead 2"]);
    assert.deepEqual([field.u16(), field.u8(), field.u8(), field.u8()], [550, 2, 12, 0]);
    assert.deepEqual([field.u8(), field.u8(), field.u8(), field.u8()], ["d".charCodeAt(0), "l".charCodeAt(0), 1, 1]);
    assert.deepEqual([field.text(), field.u8(), field.u16()], ["2.2.4.3", 0xb1, port]);
    field.u64();
    assert.deepEqual([field.text(), field.u64(), field.done], ["empty,secure", 550n, true]);
  });

  test("A2S_PLAYER lists the players of sim_players", async () => {
    await using game = await startWithConfig(["sim_players 9"]);
    await using client = new QueryClient(await game.ready());
    const [reply] = await client.ask(PLAYER);
    assert.ok(reply);
    const field = new FieldReader(reply, 4);
    assert.deepEqual([field.u8(), field.u8()], [0x44, 9]);
    const names = [];
    for (let i = 0; i < 9; i++) {
      assert.equal(field.u8(), 0);
      names.push(field.text());
      field.i32();
      assert.ok(field.f32() >= 0);
    }
    assert.deepEqual(names.slice(1, 3), ["桐喵Six", 'a "quoted" name']);
    assert.equal(new Set(names).size, 9);
    assert.ok(field.done);
  });

  test("A2S_RULES is split, in either order, and keeps secrets", async () => {
    await using game = await startWithConfig(["rcon_password topsecret", "sv_password topsecret", "sv_contact me"]);
    await using client = new QueryClient(await game.ready());
    const inOrder = await client.ask(RULES);
    assert.ok(inOrder.length >= 2, `${inOrder.length} parts`);
    const rules = readRules(inOrder);
    assert.equal(rules.get("sv_contact"), "me");
    assert.ok(![...rules.values()].includes("topsecret"));
    assert.equal(rules.get("sim_players"), undefined);

    await using reversed = await startWithConfig(["sim_split_reverse 1"]);
    await using other = new QueryClient(await reversed.ready());
    const parts = await other.ask(RULES);
    assert.equal(parts[0]?.readUInt8(9), parts.length - 1);
    assert.ok(readRules(parts).size > 100);
  });

  test("junk is not answered, and sim_hang answers nothing", async () => {
    await using game = await startWithConfig(["rcon_password x"]);
    const port = await game.ready();
    await using client = new QueryClient(port);
    for (const junk of [Buffer.alloc(0), Buffer.from("hello"), request(0x99), request(INFO, "Wrong"), Buffer.from([255, 255, 255, 255])]) {
      assert.deepEqual(await client.exchange(junk, 50), []);
    }
    assert.equal((await client.ask(INFO, SOURCE)).length, 1);

    await using hung = await startWithConfig(["sim_hang 1"]);
    await using other = new QueryClient(await hung.ready());
    assert.deepEqual(await other.exchange(request(INFO, SOURCE), 200), []);
    assert.deepEqual(await hung.stop(), { code: 0, signal: null });
  });
});

/** Puts the parts together by their numbers, and reads the rules. */
function readRules(parts: readonly Buffer[]): Map<string, string> {
  const ids = new Set(parts.map((part) => part.readInt32LE(4)));
  assert.equal(ids.size, 1);
  const ordered = [...parts].sort((a, b) => a.readUInt8(9) - b.readUInt8(9));
  for (const [number, part] of ordered.entries()) {
    assert.deepEqual([part.readInt32LE(0), part.readUInt8(8), part.readUInt8(9), part.readUInt16LE(10)], [-2, parts.length, number, 1248]);
    assert.ok(part.length <= 1248);
  }
  const field = new FieldReader(Buffer.concat(ordered.map((part) => part.subarray(12))), 4);
  assert.equal(field.u8(), 0x45);
  const count = field.u16();
  const rules = new Map<string, string>();
  for (let i = 0; i < count; i++) rules.set(field.text(), field.text());
  assert.ok(field.done);
  return rules;
}
