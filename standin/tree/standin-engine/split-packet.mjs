import { ByteWriter } from "./byte-writer.mjs";

/** The engine's packet size on the wire, headers of the split included. */
const SPLIT_SIZE = 1248;
const HEADER = 12;
const SPLIT = Buffer.from([0xfe, 0xff, 0xff, 0xff]);
let lastId = 0;

/**
 * Cuts a reply that is too large for one datagram, in the Source format: total, number and maximum size in each part.
 * @param {Buffer} packet that starts with FF FF FF FF
 * @param {boolean} reversed send the last part first, because a network may
 * @returns {Buffer[]}
 */
export function splitPacket(packet, reversed) {
  if (packet.length <= SPLIT_SIZE) return [packet];
  const payload = SPLIT_SIZE - HEADER;
  const total = Math.ceil(packet.length / payload);
  // The top bit would announce bzip2 compression.
  lastId = (lastId + 1) & 0x7fffffff;
  const parts = Array.from({ length: total }, (_, number) =>
    new ByteWriter()
      .bytes(SPLIT)
      .i32(lastId)
      .u8(total)
      .u8(number)
      .u16(SPLIT_SIZE)
      .bytes(packet.subarray(number * payload, (number + 1) * payload))
      .build(),
  );
  return reversed ? parts.reverse() : parts;
}
