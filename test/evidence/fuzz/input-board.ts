const lengthAt = 1;
const headBytes = 8;

/** Where a worker shows what it is at, so that it can be told even of a worker that hangs. */
export class InputBoard {
  readonly memory: SharedArrayBuffer;
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#head = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, headBytes);
  }

  /** For inputs of at most 64 KiB. */
  static make(): InputBoard {
    return new InputBoard(new SharedArrayBuffer(headBytes + 64 * 1024));
  }

  /** How many inputs were shown; 0 before the first. */
  get count(): number {
    return Atomics.load(this.#head, 0);
  }

  /** The input that was shown last. */
  get input(): Buffer {
    return Buffer.from(this.#bytes.slice(0, Atomics.load(this.#head, lengthAt)));
  }

  show(input: Buffer): void {
    this.#bytes.set(input.subarray(0, this.#bytes.length));
    Atomics.store(this.#head, lengthAt, Math.min(input.length, this.#bytes.length));
    Atomics.add(this.#head, 0, 1);
  }
}
