import { createContextValues } from "@connectrpc/connect";
import type { HostApi } from "../host/api.ts";
import type { HostLog } from "../host/host-log.ts";
import { callerIdentity } from "../service/caller.ts";
import { requestLog } from "../service/request-log.ts";
import { hostServices, routes } from "../service/routes.ts";
import type { ServingState } from "../service/serving-state.ts";
import type { StreamSlots } from "../service/stream-slots.ts";
import type { HttpRequest } from "./http-exchange.ts";
import { openingHost } from "./opening-host.ts";
import { rpcHandler } from "./rpc-handler.ts";
import { RpcServer, type RpcServerLimits } from "./rpc-server.ts";
import { unknownPath } from "./unknown-path.ts";

/** What a host is served with. */
export type ServeHostOptions = {
  /** Calls of the host's own services wait for it; health and reflection answer at once. */
  readonly opening: Promise<HostApi>;
  readonly log: HostLog;
  readonly serving: ServingState;
  readonly slots: StreamSlots;
  readonly limits?: RpcServerLimits;
};

/** A server of the host's services, which takes connections. */
export function serveHost({ opening, log, serving, slots, limits }: ServeHostOptions): RpcServer {
  const { host, waitForHost } = openingHost(opening, serving.draining);
  const handler = rpcHandler({
    routes: routes(host, { log, serving, slots, interceptors: [requestLog(log)], hostInterceptors: [waitForHost] }),
    contextValues: (request) => createContextValues().set(callerIdentity, identityOf(request)),
    unknownPath: unknownPath(hostServices.map(({ typeName }) => typeName)),
    log,
  });
  return new RpcServer(handler, limits);
}

/** Everybody is an operator until there are roles; a unix socket has no address. */
function identityOf(request: HttpRequest): string {
  return `operator@${request.socket?.remoteAddress ?? "unix"}`;
}
