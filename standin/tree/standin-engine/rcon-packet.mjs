// Source RCON: https://developer.valvesoftware.com/wiki/Source_RCON_Protocol
export const AUTH = 3;
export const AUTH_RESPONSE = 2;
/** The same number as AUTH_RESPONSE: the direction tells them apart. */
export const EXEC_COMMAND = 2;
export const RESPONSE_VALUE = 0;
/** Largest value of a packet's size field; id, type and the two NULs count towards it. */
const MAX_SIZE = 4096;
const OVERHEAD = 10;

/**
 * @typedef {object} RconPacket
 * @property {number} id
 * @property {number} type
 * @property {string} body
 */

/**
 * @param {number} id
 * @param {number} type
 * @param {Buffer} [body]
 */
export function encodePacket(id, type, body = Buffer.alloc(0)) {
  const packet = Buffer.alloc(4 + OVERHEAD + body.length);
  packet.writeInt32LE(OVERHEAD + body.length, 0);
  packet.writeInt32LE(id, 4);
  packet.writeInt32LE(type, 8);
  body.copy(packet, 12);
  return packet;
}

/**
 * An answer as one packet, or as many as its length asks for. The cuts fall between bytes, also within a letter.
 * @param {number} id
 * @param {string} text
 */
export function encodeAnswer(id, text) {
  const body = Buffer.from(text);
  const room = MAX_SIZE - OVERHEAD;
  const packets = [encodePacket(id, RESPONSE_VALUE, body.subarray(0, room))];
  for (let at = room; at < body.length; at += room) {
    packets.push(encodePacket(id, RESPONSE_VALUE, body.subarray(at, at + room)));
  }
  return Buffer.concat(packets);
}

/** Finds the packets in a stream of bytes, wherever it was cut. */
export class PacketReader {
  #pending = Buffer.alloc(0);

  /**
   * @param {Buffer} chunk
   * @returns {RconPacket[]} the packets that this chunk completes
   * @throws {RangeError} when the stream is not RCON; the connection is of no more use
   */
  push(chunk) {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const packets = [];
    while (this.#pending.length >= 4) {
      const size = this.#pending.readInt32LE(0);
      if (size < OVERHEAD || size > MAX_SIZE) throw new RangeError(`RCON packet of ${size} bytes`);
      if (this.#pending.length < 4 + size) break;
      const body = this.#pending.subarray(12, 4 + size - 2);
      const end = body.indexOf(0);
      packets.push({
        id: this.#pending.readInt32LE(4),
        type: this.#pending.readInt32LE(8),
        body: (end < 0 ? body : body.subarray(0, end)).toString("utf8"),
      });
      this.#pending = this.#pending.subarray(4 + size);
    }
    return packets;
  }
}
