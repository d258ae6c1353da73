import { createSocket } from "node:dgram";
import { once } from "node:events";

const CHALLENGE = 0x41;

/** A UDP client of one game. */
export class QueryClient implements AsyncDisposable {
  readonly #socket = createSocket("udp4");
  readonly #port: number;
  readonly #received: Buffer[] = [];

  constructor(port: number) {
    this.#port = port;
    this.#socket.on("message", (packet) => this.#received.push(packet));
  }

  /** Sends a request and returns the datagrams of the answer, or those that came within the time. */
  async exchange(request: Buffer, milliseconds = 60_000): Promise<Buffer[]> {
    this.#socket.send(request, this.#port, "127.0.0.1");
    const signal = AbortSignal.timeout(milliseconds);
    while (this.#received.length < parts(this.#received[0]) && !signal.aborted) {
      await once(this.#socket, "message", { signal }).catch(() => {});
    }
    return this.#received.splice(0);
  }

  /** Asks as a client should: takes the challenge, asks again with it, returns the datagrams of the answer. */
  async ask(type: number, payload = ""): Promise<Buffer[]> {
    const [challenge] = await this.exchange(request(type, payload));
    if (challenge?.[4] !== CHALLENGE) throw new Error("no challenge");
    return this.exchange(Buffer.concat([request(type, payload), challenge.subarray(5, 9)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }
}

/** How many datagrams an answer has, going by any of them. */
function parts(packet: Buffer | undefined): number {
  return packet?.readInt32LE(0) === -2 ? packet.readUInt8(8) : 1;
}

export function request(type: number, payload = ""): Buffer {
  return Buffer.concat([Buffer.from([255, 255, 255, 255, type]), Buffer.from(payload)]);
}

/** Reads the fields of an answer one after the other. */
export class FieldReader {
  readonly #packet: Buffer;
  #at: number;

  constructor(packet: Buffer, at = 5) {
    this.#packet = packet;
    this.#at = at;
  }

  get done(): boolean {
    return this.#at === this.#packet.length;
  }

  u8(): number {
    return this.#packet.readUInt8(this.#at++);
  }

  u16(): number {
    this.#at += 2;
    return this.#packet.readUInt16LE(this.#at - 2);
  }

  i32(): number {
    this.#at += 4;
    return this.#packet.readInt32LE(this.#at - 4);
  }

  f32(): number {
    this.#at += 4;
    return this.#packet.readFloatLE(this.#at - 4);
  }

  u64(): bigint {
    this.#at += 8;
    return this.#packet.readBigUInt64LE(this.#at - 8);
  }

  text(): string {
    const end = this.#packet.indexOf(0, this.#at);
    const text = this.#packet.toString("utf8", this.#at, end);
    this.#at = end + 1;
    return text;
  }
}
