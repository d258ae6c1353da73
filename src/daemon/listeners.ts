import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { describeAddress, type ListenAddress } from "./listen-address.ts";
import { StartupError } from "./startup-error.ts";
import { listenUnix } from "./unix-listener.ts";

/** As in left4me-hostd.socket: Node.js calls listen(2) again, which replaces the length of the queue. */
const inheritedBacklog = 4096;

/**
 * The sockets that a daemon listens on, and the connections that come in. A connection that comes before somebody serves
 * it waits, unread.
 */
export class Listeners {
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Socket>();
  #waiting: Socket[] | undefined = [];
  #serve: (socket: Socket) => void = (socket) => void this.#waiting?.push(socket);

  /** Connections that are open now. */
  get connections(): ReadonlySet<Socket> {
    return this.#connections;
  }

  /**
   * Begins to listen.
   *
   * @returns the address as users write it, with the port that the kernel chose
   * @throws StartupError
   */
  async bind(address: ListenAddress): Promise<string> {
    // Half-open, as Node's own http server is: a client may end its side and still wait for the answer.
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
    const server = createServer(options, (socket) => this.#accept(socket));
    this.#servers.push(server);
    if (address.kind === "unix") {
      await listenUnix(server, address.path);
      return describeAddress(address);
    }
    if (address.kind === "inherited") server.listen({ fd: address.descriptor, backlog: inheritedBacklog });
    else server.listen({ host: address.host, port: address.port });
    try {
      await once(server, "listening");
    } catch (error) {
      throw new StartupError(`cannot listen on ${describeAddress(address)}: ${error instanceof Error ? error.message : error}`);
    }
    if (address.kind === "inherited") return describeAddress(address);
    return describeAddress({ ...address, port: (server.address() as AddressInfo).port });
  }

  /** Hands over the connections that wait, and from now on every new one. */
  serve(serve: (socket: Socket) => void): void {
    this.#serve = serve;
    for (const socket of this.#waiting ?? []) {
      socket.off("error", ignore);
      if (!socket.destroyed) serve(socket);
    }
    this.#waiting = undefined;
  }

  /** Accepts no new connections. Those that are open stay so. */
  close(): void {
    for (const server of this.#servers) server.close();
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
    if (this.#waiting !== undefined) socket.on("error", ignore);
    this.#serve(socket);
  }
}

/** A client that has left before it was served: its connection is closed, and that is all. */
function ignore(): void {}
