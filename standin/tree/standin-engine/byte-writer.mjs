/** Builds a little-endian packet field by field. */
export class ByteWriter {
  /** @type {Buffer[]} */
  #parts = [];

  /** @returns {Buffer} the packet */
  build() {
    return Buffer.concat(this.#parts);
  }

  /** @param {Buffer} bytes */
  bytes(bytes) {
    this.#parts.push(bytes);
    return this;
  }

  /**
   * Text that ends with a NUL; one inside it would end it sooner, so it is left out.
   * @param {string} text
   */
  text(text) {
    return this.bytes(Buffer.from(`${text.replaceAll("\0", "")}\0`));
  }

  /** @param {number} value */
  u8(value) {
    return this.bytes(Buffer.of(value));
  }

  /** @param {number} value */
  u16(value) {
    return this.#fixed(2, (part) => part.writeUInt16LE(value));
  }

  /** @param {number} value */
  i32(value) {
    return this.#fixed(4, (part) => part.writeInt32LE(value));
  }

  /** @param {number} value */
  f32(value) {
    return this.#fixed(4, (part) => part.writeFloatLE(value));
  }

  /** @param {bigint} value */
  u64(value) {
    return this.#fixed(8, (part) => part.writeBigUInt64LE(value));
  }

  /**
   * @param {number} size
   * @param {(part: Buffer) => void} fill
   */
  #fixed(size, fill) {
    const part = Buffer.alloc(size);
    fill(part);
    return this.bytes(part);
  }
}
