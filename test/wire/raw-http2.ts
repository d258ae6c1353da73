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

/** HPACK: what a literal begins with, by whether the receiver is to keep it; its name and value follow (RFC 7541, section 6.2). */
const literal = { forgotten: 0, kept: 0x40 } as const;
/** What is kept last is number 62 (RFC 7541, section 2.3.3); a number is said with this bit (section 6.1). */
const [firstKept, numbered] = [62, 0x80];

/** A gRPC request's headers, without Huffman coding. */
export function grpcHeaders(streamId: number, path: string, begin: number = literal.forgotten): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const block = Buffer.concat(fieldsOf(path).flatMap(([name, value]) => [Buffer.from([begin]), text(name), text(value)]));
  return frame(frameType.headers, 0x4, streamId, block);
}

function fieldsOf(path: string): (readonly [name: string, value: string])[] {
  return [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "localhost"],
    ["content-type", "application/grpc+proto"],
    ["te", "trailers"],
  ];
}

/**
 * gRPC requests each of which is reset at once, on the streams 1, 3, …
 *
 * Their headers are said in full once: what is this small comes fast on any machine, and how fast resets come is what a server
 * looks at.
 */
export function rapidResets(count: number, path: string, message?: Uint8Array): Buffer {
  const { length } = fieldsOf(path);
  const again = Buffer.from(Array.from({ length }, (_, index) => numbered | (firstKept + length - 1 - index)));
  const requests = Array.from({ length: count }, (_, index) => {
    const id = 2 * index + 1;
    const headers = index === 0 ? grpcHeaders(id, path, literal.kept) : frame(frameType.headers, 0x4, id, again);
    return Buffer.concat([headers, ...(message === undefined ? [] : [grpcData(id, message, true)]), resetStream(id)]);
  });
  return Buffer.concat(requests);
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

/** Connects to a port or to a socket's path, and sends the preface and empty settings, `cut` bytes at a time. */
export async function rawHttp2(to: number | string, cut = Number.POSITIVE_INFINITY): Promise<Socket> {
  const socket = typeof to === "string" ? connect({ path: to }) : connect({ port: to, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  const opening = Buffer.concat([Buffer.from(preface), frame(frameType.settings, 0, 0)]);
  for (let start = 0; start < opening.length; start += cut) {
    await new Promise((written) => socket.write(opening.subarray(start, Math.min(start + cut, opening.length)), written));
    if (cut < opening.length) await new Promise((later) => setTimeout(later, 2));
  }
  return socket;
}
