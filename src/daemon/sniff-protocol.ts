import type { Socket } from "node:net";

/** What every HTTP/2 connection begins with, by RFC 9113, section 3.4. */
const http2Preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** The protocols that one cleartext port serves. */
export type Protocol = "http1" | "http2";

/**
 * Tells from the first bytes which protocol a client speaks, and puts them back.
 *
 * A client that sends nothing, or only a part of the preface, for `timeoutMs` is disconnected. So is one that leaves.
 */
export function sniffProtocol(socket: Socket, timeoutMs: number, decide: (protocol: Protocol) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const onReadable = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const protocol = protocolOf(head);
    if (protocol === undefined) return;
    stop();
    socket.off("error", onGone);
    socket.unshift(head);
    decide(protocol);
  };
  const onGone = () => {
    stop();
    socket.destroy();
  };
  const stop = () => {
    clearTimeout(timer);
    socket.off("readable", onReadable).off("end", onGone).off("close", onGone);
  };
  socket.on("readable", onReadable).on("end", onGone).on("close", onGone).on("error", onGone);
}

/** The protocol of a connection that begins with these bytes; undefined while they can be either's. */
export function protocolOf(head: Buffer): Protocol | undefined {
  const compared = Math.min(head.length, http2Preface.length);
  if (!head.subarray(0, compared).equals(http2Preface.subarray(0, compared))) return "http1";
  return compared === http2Preface.length ? "http2" : undefined;
}
