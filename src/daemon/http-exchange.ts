import type { connectNodeAdapter } from "@connectrpc/connect-node";

/** What serves requests of both protocols. */
export type HttpHandler = ReturnType<typeof connectNodeAdapter>;

/** A request of either protocol. */
export type HttpRequest = Parameters<HttpHandler>[0];

/** A response of either protocol. */
export type HttpResponse = Parameters<HttpHandler>[1];
