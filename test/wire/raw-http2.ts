import { connect, type Socket } from "node:net";

// Frames by hand, for what no library would send. RFC 9113, section 4.1.

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Types of frames. */
export const frameType = { data: 0, headers: 1, resetStream: 3, settings: 4, goAway: 7 } as const;

/** Encodes one frame. */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** A gRPC request's headers: literals without indexing, without Huffman coding (RFC 7541, section 6.2.2). */
export function grpcHeaders(streamId: number, path: string): Buffer {
  const fields = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "localhost"],
    ["content-type", "application/grpc+proto"],
    ["te", "trailers"],
  ];
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const block = Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name ?? ""), text(value ?? "")]));
  return frame(frameType.headers, 0x4, streamId, block);
}

/** A gRPC message in a DATA frame; `end` says that none follows. */
export function grpcData(streamId: number, message: Uint8Array, end = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return frame(frameType.data, end ? 1 : 0, streamId, Buffer.concat([head, message]));
}

/** RST_STREAM with code CANCEL. */
export function resetStream(streamId: number): Buffer {
  return frame(frameType.resetStream, 0, streamId, Buffer.from([0, 0, 0, 8]));
}

/** Connects and sends the preface and empty settings, `cut` bytes at a time. */
export async function rawHttp2(port: number, cut = Number.POSITIVE_INFINITY): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  const opening = Buffer.concat([Buffer.from(preface), frame(frameType.settings, 0, 0)]);
  for (let start = 0; start < opening.length; start += cut) {
    await new Promise((written) => socket.write(opening.subarray(start, Math.min(start + cut, opening.length)), written));
    if (cut < opening.length) await new Promise((later) => setTimeout(later, 2));
  }
  return socket;
}
