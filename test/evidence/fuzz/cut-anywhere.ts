import type { ByteSource } from "./byte-source.ts";

/** The same bytes in up to 40 pieces, some of them empty; each piece is a copy. */
export function cutAnywhere(bytes: Buffer, choices: ByteSource): Buffer[] {
  const cuts = Array.from({ length: choices.byte() % 40 }, () => Math.floor((choices.word() / 65_536) * (bytes.length + 1)));
  const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => Buffer.from(bytes.subarray(places[index], end)));
}
