import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { createContextValues } from "@connectrpc/connect";
import type { HostApi } from "../host/api.ts";
import type { HostLog } from "../host/host-context.ts";
import { callerIdentity } from "../service/caller.ts";
import { hostServices, routes } from "../service/routes.ts";
import { ServingState } from "../service/serving-state.ts";
import { StreamSlots } from "../service/stream-slots.ts";
import type { HttpRequest } from "./http-exchange.ts";
import { describeAddress, type ListenAddress } from "./listen-address.ts";
import { requestLog } from "./request-log.ts";
import { lockRoot } from "./root-lock.ts";
import { rpcHandler } from "./rpc-handler.ts";
import { RpcServer, type RpcServerLimits } from "./rpc-server.ts";
import { StartupError } from "./startup-error.ts";
import { listenUnix } from "./unix-listener.ts";
import { unknownPath } from "./unknown-path.ts";

/** What a daemon is made of. */
export type DaemonOptions = {
  readonly root: string;
  readonly listen: readonly ListenAddress[];
  readonly log: HostLog;
  /** Opens the host; called once the root is locked. */
  readonly openHost: () => Promise<HostApi>;
  /** Log streams and watches at once. Default: 2000. */
  readonly maxStreams?: number;
  readonly limits?: RpcServerLimits;
};

/** A daemon that serves. */
export type Daemon = {
  /** Where it listens, with the ports that the kernel chose. */
  readonly addresses: readonly string[];
  readonly slots: StreamSlots;
  readonly server: RpcServer;
  /** Drains and ends within {@link closeLimitMs}. Games go on. */
  close(): Promise<void>;
};

/** How long a drain may take. */
export const closeLimitMs = 4500;
const hostCloseMs = 3000;

/** As in left4me-hostd.socket: Node.js calls listen(2) again, which replaces the length of the queue. */
const inheritedBacklog = 4096;

/** Locks the root, opens the host and serves it. @throws StartupError, HostError */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  mkdirSync(options.root, { recursive: true, mode: 0o700 });
  const lock = await lockRoot(options.root);
  try {
    const host = await options.openHost();
    try {
      return await serve(host, options, () => lock.release());
    } catch (error) {
      await host.close();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function serve(host: HostApi, { listen, log, maxStreams, limits }: DaemonOptions, released: () => void): Promise<Daemon> {
  const serving = new ServingState();
  const slots = new StreamSlots(maxStreams);
  const handler = rpcHandler({
    routes: routes(host, { log, serving, slots, interceptors: [requestLog(log)] }),
    contextValues: (request) => createContextValues().set(callerIdentity, identityOf(request)),
    unknownPath: unknownPath(hostServices.map(({ typeName }) => typeName)),
    log,
  });
  const server = new RpcServer(handler, limits);
  const addresses = [];
  for (const address of listen) addresses.push(await bind(server.listener(), address));
  const close = async () => {
    serving.drain();
    server.drain();
    await Promise.race([host.close(), elapsed(hostCloseMs)]);
    serving.close();
    await server.close(closeLimitMs - hostCloseMs);
    released();
  };
  let closing: Promise<void> | undefined;
  return { addresses, slots, server, close: () => (closing ??= close()) };
}

async function bind(listener: Server, address: ListenAddress): Promise<string> {
  if (address.kind === "unix") {
    await listenUnix(listener, address.path);
    return describeAddress(address);
  }
  if (address.kind === "inherited") listener.listen({ fd: address.descriptor, backlog: inheritedBacklog });
  else listener.listen({ host: address.host, port: address.port });
  try {
    await once(listener, "listening");
  } catch (error) {
    throw new StartupError(`cannot listen on ${describeAddress(address)}: ${error instanceof Error ? error.message : error}`);
  }
  if (address.kind === "inherited") return describeAddress(address);
  return describeAddress({ ...address, port: (listener.address() as AddressInfo).port });
}

/** Everybody is an operator until there are roles; a unix socket has no address. */
function identityOf(request: HttpRequest): string {
  return `operator@${request.socket?.remoteAddress ?? "unix"}`;
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
