import { ByteWriter } from "./byte-writer.mjs";
import { SECRET_CVARS } from "./cvar-defaults.mjs";
import { players } from "./players.mjs";
import { splitPacket } from "./split-packet.mjs";
import { readVersion } from "./version.mjs";

// Server queries: https://developer.valvesoftware.com/wiki/Server_queries
const A2S_INFO = 0x54;
const A2S_PLAYER = 0x55;
const A2S_RULES = 0x56;
const A2S_SERVERQUERY_GETCHALLENGE = 0x57;
const SINGLE = Buffer.from([0xff, 0xff, 0xff, 0xff]);
const INFO_PAYLOAD = Buffer.from("Source Engine Query\0");
const PROTOCOL = 17;
const APP_ID = 550;
/** Which extra fields an info reply has: port, Steam id, keywords, game id. */
const EDF = 0x80 | 0x10 | 0x20 | 0x01;
const STEAM_ID = 90_071_992_547_409_920n;
const seed = Math.floor(Math.random() * 0x7fffffff);

/**
 * Answers one A2S request. Anything else gets no answer, as a server on the open Internet should have it.
 * @param {import("./game.mjs").Game} game
 * @param {Buffer} request
 * @param {string} address of the asker; challenges belong to it
 * @returns {Buffer[]} datagrams
 */
export function answerQuery(game, request, address) {
  if (request.length < 5 || !request.subarray(0, 4).equals(SINGLE)) return [];
  const type = request[4];
  const body = request.subarray(5);
  if (type === A2S_SERVERQUERY_GETCHALLENGE) return [challengeReply(address)];
  if (type === A2S_INFO && !body.subarray(0, INFO_PAYLOAD.length).equals(INFO_PAYLOAD)) return [];
  const reply = { [A2S_INFO]: infoReply, [A2S_PLAYER]: playerReply, [A2S_RULES]: rulesReply }[type ?? 0];
  if (!reply) return [];
  // Without the asker's challenge a large reply could be aimed at a forged address.
  const given = type === A2S_INFO ? body.subarray(INFO_PAYLOAD.length) : body;
  if (given.length < 4 || given.readInt32LE(0) !== challengeOf(address)) return [challengeReply(address)];
  return splitPacket(reply(game), game.cvars.isOn("sim_split_reverse"));
}

/** @param {string} address */
function challengeReply(address) {
  return new ByteWriter().bytes(SINGLE).u8(0x41).i32(challengeOf(address)).build();
}

/**
 * Bound to the address and to this process, and never -1, which asks for a challenge.
 * @param {string} address
 */
function challengeOf(address) {
  let hash = seed;
  for (let i = 0; i < address.length; i++) hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193);
  return (hash & 0x7fffffff) | 1;
}

/** @param {import("./game.mjs").Game} game */
function infoReply(game) {
  const { cvars } = game;
  const visible = cvars.number("sv_visiblemaxplayers");
  return new ByteWriter()
    .bytes(SINGLE)
    .u8(0x49)
    .u8(PROTOCOL)
    .text(cvars.text("hostname"))
    .text(game.map)
    .text(game.folder)
    .text("Left 4 Dead 2")
    .u16(APP_ID)
    .u8(players(game).length)
    .u8(visible > 0 ? visible : game.maxPlayers)
    .u8(0)
    .u8("d".charCodeAt(0))
    .u8("l".charCodeAt(0))
    .u8(cvars.text("sv_password") === "" ? 0 : 1)
    .u8(1)
    .text(readVersion(game).version)
    .u8(EDF)
    .u16(game.port)
    .u64(STEAM_ID)
    .text(cvars.text("sv_tags") || "empty,secure")
    .u64(BigInt(APP_ID))
    .build();
}

/** @param {import("./game.mjs").Game} game */
function playerReply(game) {
  const all = players(game);
  const reply = new ByteWriter().bytes(SINGLE).u8(0x44).u8(all.length);
  // The index is 0 for every player of a real server too.
  for (const { name, score, seconds } of all) reply.u8(0).text(name).i32(score).f32(seconds);
  return reply.build();
}

/** @param {import("./game.mjs").Game} game */
function rulesReply({ cvars }) {
  const rules = cvars.list().filter(({ name }) => !name.startsWith("sim_") && !SECRET_CVARS.has(name));
  const reply = new ByteWriter().bytes(SINGLE).u8(0x45).u16(rules.length);
  for (const { name, value } of rules) reply.text(name).text(value);
  return reply.build();
}
