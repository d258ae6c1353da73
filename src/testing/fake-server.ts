import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type ConnectRouter, createContextValues } from "@connectrpc/connect";
import type { HttpHandler } from "../daemon/http-exchange.ts";
import { rpcHandler } from "../daemon/rpc-handler.ts";
import { RpcServer } from "../daemon/rpc-server.ts";
import { unknownPath } from "../daemon/unknown-path.ts";
import { hostServices } from "../service/routes.ts";

/** The listener of a fake host, which speaks as a daemon's does: what it serves can be exchanged, and its connections dropped. */
export class FakeServer {
  readonly #listener: Server;
  readonly #rpc: RpcServer;
  readonly #sockets = new Set<Socket>();
  readonly #listen: number | string;
  #handler: HttpHandler | undefined;
  /** By the clock of `performance`; at first there is nothing to serve. */
  #refusesUntil = Number.POSITIVE_INFINITY;

  private constructor(listen: number | string) {
    this.#listen = listen;
    this.#rpc = new RpcServer((request, response) => this.#handler?.(request, response));
    this.#listener = createServer((socket) => this.#accept(socket));
  }

  /** @param where a TCP port of 127.0.0.1, or the path of a unix socket @throws the system's error, e.g. EADDRINUSE */
  static async listen(where: number | string): Promise<FakeServer> {
    const server = new FakeServer(where);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.#listener.once("error", reject);
    if (typeof where === "string") server.#listener.listen(where, resolve);
    else server.#listener.listen(where, "127.0.0.1", resolve);
    await promise;
    return server;
  }

  /** For clients: `http://127.0.0.1:…` or `unix:/…`. */
  get address(): string {
    if (typeof this.#listen === "string") return `unix:${this.#listen}`;
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Accepts connections from now on, and answers later calls with these services. */
  serve(routes: (router: ConnectRouter) => void): void {
    const names = hostServices.map(({ typeName }) => typeName);
    this.#handler = rpcHandler({ routes, contextValues: () => createContextValues(), unknownPath: unknownPath(names), log: () => {} });
    this.#refusesUntil = 0;
  }

  /** Drops all connections, and new ones for so many milliseconds. */
  disconnect(forMs: number): void {
    this.#refusesUntil = performance.now() + forMs;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.disconnect(Number.POSITIVE_INFINITY);
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    await this.#rpc.close(0);
    await closed;
  }

  #accept(socket: Socket): void {
    socket.on("error", () => {}); // its client has left
    if (performance.now() < this.#refusesUntil) return void socket.destroy();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    this.#rpc.accept(socket);
  }
}
