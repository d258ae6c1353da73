/** Reads an input as choices, so that bytes that are mutated blindly still make sense. At its end it gives zeros. */
export class ByteSource {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** 0 to 255. */
  byte(): number {
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }

  /** 0 to 65535. */
  word(): number {
    return this.byte() * 256 + this.byte();
  }

  pick<T>(items: readonly T[]): T {
    return items[this.byte() % items.length] as T;
  }

  /** As many bytes as the first one says, at most `most`. */
  bytes(most = 255): Buffer {
    const length = Math.min(this.byte(), most);
    const found = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return found;
  }

  /** {@link bytes} as text; what is not UTF-8 becomes U+FFFD. */
  text(most = 255): string {
    return this.bytes(most).toString("utf8");
  }

  /** Whatever is left. */
  rest(): Buffer {
    const found = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return found;
  }
}
