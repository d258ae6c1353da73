import type { Random } from "../random.ts";

const interesting = [0, 1, 0x0a, 0x0d, 0x1b, 0x20, 0x22, 0x2e, 0x2f, 0x30, 0x3a, 0x7f, 0x80, 0xc0, 0xff];

/** Changes inputs at random, in the ways that have proven themselves in AFL and libFuzzer. */
export class Mutator {
  readonly #random: Random;
  readonly #words: readonly Buffer[];
  readonly #largest: number;

  /** @param largest results are at most so long, in bytes */
  constructor(random: Random, words: readonly Buffer[], largest: number) {
    this.#random = random;
    this.#words = words;
    this.#largest = largest;
  }

  /** A changed copy of `input`. @param other lends parts of itself */
  mutate(input: Buffer, other: Buffer): Buffer {
    let bytes = input;
    for (let left = 1 << this.#steps(); left > 0; left -= 1) bytes = this.#step(bytes, other);
    return Buffer.from(bytes.subarray(0, this.#largest));
  }

  #step(bytes: Buffer, other: Buffer): Buffer {
    const random = this.#random;
    const at = random.between(0, bytes.length);
    const end = Math.min(bytes.length, at + this.#length());
    switch (random.between(0, 8)) {
      case 0:
        return this.#set(bytes, at, (bytes[at] ?? 0) ^ (1 << random.between(0, 7)));
      case 1:
        return this.#set(bytes, at, random.between(0, 255));
      case 2:
        return this.#set(bytes, at, random.pick(interesting));
      case 3:
        return this.#set(bytes, at, ((bytes[at] ?? 0) + random.pick([1, -1, 16, -16])) & 255);
      case 4:
        return replaced(bytes, at, end, Buffer.alloc(0));
      case 5:
        return replaced(bytes, at, at, this.#repeated(bytes.subarray(at, end)));
      case 6: {
        const start = random.between(0, other.length);
        return replaced(bytes, at, random.pick([at, end]), other.subarray(start, start + this.#length()));
      }
      case 7:
        return replaced(bytes, at, at, Buffer.from(Array.from({ length: this.#length() & 15 }, () => random.between(0, 255))));
      default:
        return this.#words.length === 0 ? bytes : replaced(bytes, at, random.pick([at, end]), random.pick(this.#words));
    }
  }

  /** As a power of two: mostly one or two, because what is changed all over is refused at once. */
  #steps(): number {
    return Math.min(this.#random.between(0, 4), this.#random.between(0, 4));
  }

  /** Mostly short. */
  #length(): number {
    return this.#random.between(1, 1 << this.#random.between(0, 9));
  }

  /** Mostly once, now and then so often that limits are met. */
  #repeated(part: Buffer): Buffer {
    const times = this.#random.between(0, 9) > 0 ? 1 : this.#random.between(2, 300);
    return Buffer.concat(Array.from({ length: Math.min(times, Math.ceil(this.#largest / (part.length + 1))) }, () => part));
  }

  #set(bytes: Buffer, at: number, value: number): Buffer {
    const copy = Buffer.from(bytes);
    if (at < copy.length) copy[at] = value;
    return copy;
  }
}

function replaced(bytes: Buffer, start: number, end: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]);
}
