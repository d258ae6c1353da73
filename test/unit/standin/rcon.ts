import { once } from "node:events";
import { connect, type Socket } from "node:net";

export type Packet = { readonly id: number; readonly type: number; readonly body: Buffer };

/** An RCON client that shows packets as they come, and judges nothing. */
export class RconClient implements AsyncDisposable {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #wake = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#wake());
  }

  static async open(port: number): Promise<RconClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RconClient(socket);
  }

  send(id: number, type: number, body = ""): void {
    const text = Buffer.from(`${body}\0\0`);
    const head = Buffer.alloc(12);
    head.writeInt32LE(text.length + 8, 0);
    head.writeInt32LE(id, 4);
    head.writeInt32LE(type, 8);
    this.socket.write(Buffer.concat([head, text]));
  }

  /** The next packet; rejects when the server closes the connection. */
  async receive(): Promise<Packet> {
    for (;;) {
      const size = this.#bytes.length >= 4 ? this.#bytes.readInt32LE(0) : Number.POSITIVE_INFINITY;
      if (this.#bytes.length >= 4 + size) {
        const packet = this.#bytes.subarray(4, 4 + size);
        this.#bytes = this.#bytes.subarray(4 + size);
        return { id: packet.readInt32LE(0), type: packet.readInt32LE(4), body: packet.subarray(8, -2) };
      }
      if (this.socket.closed) throw new Error("closed");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async login(password: string): Promise<number> {
    this.send(7, 3, password);
    const empty = await this.receive();
    if (empty.type !== 0 || empty.body.length > 0) throw new Error("the empty packet must come first");
    return (await this.receive()).id;
  }

  /** Runs a command and returns its packets up to the mirrored end mark. */
  async run(command: string): Promise<Packet[]> {
    this.send(8, 2, command);
    this.send(9, 0);
    const packets = [];
    for (let packet = await this.receive(); packet.id === 8; packet = await this.receive()) packets.push(packet);
    await this.receive();
    return packets;
  }

  async text(command: string): Promise<string> {
    return Buffer.concat((await this.run(command)).map(({ body }) => body)).toString("utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, "close");
  }
}
