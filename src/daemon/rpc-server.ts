import { once } from "node:events";
import { createServer as createHttp1Server, type Server as Http1Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { HttpHandler } from "./http-exchange.ts";
import { sniffProtocol } from "./sniff-protocol.ts";

/** Limits on what a client may make the process do. */
export type RpcServerLimits = {
  /** For a client to say something, and then to finish its headers. Default: 10 000. */
  readonly headersTimeoutMs?: number;
};

const headerBytes = 16 * 1024;
const defaultHeadersTimeoutMs = 10_000;

/**
 * Serves HTTP/1.1 and HTTP/2 (with prior knowledge) in cleartext on the same sockets. Node's http2 server alone refuses
 * HTTP/1.1, and its http server HTTP/2; so each connection is sniffed and handed to one or the other.
 */
export class RpcServer {
  readonly #headersTimeoutMs: number;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(handler: HttpHandler, limits: RpcServerLimits = {}) {
    this.#headersTimeoutMs = limits.headersTimeoutMs ?? defaultHeadersTimeoutMs;
    this.#http1 = http1Server(handler, this.#headersTimeoutMs);
    this.#http2 = http2Server(handler);
    this.#http2.on("session", (session) => this.#keepSession(session));
  }

  /** Serves a connection. */
  accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    sniffProtocol(socket, this.#headersTimeoutMs, (protocol) => {
      if (protocol === "http1") this.#http1.emit("connection", socket);
      else this.#acceptHttp2(socket);
    });
  }

  /** Accepts no new calls on connections of HTTP/2 (GOAWAY), and ends idle ones. Calls under way go on. */
  drain(): void {
    for (const session of this.#sessions) session.close();
    this.#http1.close();
    this.#http1.closeIdleConnections();
  }

  /** Drains, waits for calls under way, and after `graceMs` cuts off what is left. */
  async close(graceMs: number): Promise<void> {
    this.drain();
    const deadline = AbortSignal.timeout(graceMs);
    while (this.#sockets.size > 0 && !deadline.aborted) {
      const [socket] = this.#sockets;
      if (socket === undefined) break;
      await once(socket, "close", { signal: deadline }).catch(() => {});
    }
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #acceptHttp2(socket: Socket): void {
    socket.allowHalfOpen = false;
    this.#http2.emit("connection", socket);
  }

  #keepSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once("close", () => this.#sessions.delete(session));
    session.setLocalWindowSize(sessionWindowBytes);
  }
}

/** Uploads stall on the default of 64 KiB as soon as there is a network between. */
const streamWindowBytes = 1024 * 1024;
const sessionWindowBytes = 8 * 1024 * 1024;

function http1Server(handler: HttpHandler, headersTimeoutMs: number): Http1Server {
  const options = {
    maxHeaderSize: headerBytes,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: Math.min(headersTimeoutMs, 1000),
    // Uploads and followed logs take as long as they take.
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
  };
  const server = createHttp1Server(options, handler);
  // A server starts to watch its time-outs when it listens. This one never does: it is handed its connections.
  server.emit("listening");
  return server;
}

function http2Server(handler: HttpHandler): Http2Server {
  const options = {
    settings: { maxConcurrentStreams: 10_000, initialWindowSize: streamWindowBytes, maxHeaderListSize: headerBytes },
    // Megabytes; thousands of followers share one connection, and each may have a batch in flight.
    maxSessionMemory: 256,
    // A client that opens and resets more streams than this at once is disconnected (CVE-2023-44487). Node's default of
    // 1000 would hit a backend that drops its followers together.
    streamResetBurst: 4000,
    streamResetRate: 200,
  };
  const server = createHttp2Server(options, handler);
  // Broken sessions are their clients' business; without a listener the error would still be harmless, but unnoticed.
  server.on("sessionError", () => {});
  return server;
}
