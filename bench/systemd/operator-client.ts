import { createHostClient, type HostClient } from "../../src/client/index.ts";

/** Where the daemon of the package listens for operators. */
export const operatorSocket = "/run/left4me/operator.sock";

/** A client of the daemon in this host. @param protocol default: the published client's own */
export function operatorClient(protocol: "connect" | "grpc" = "connect"): HostClient {
  return createHostClient({ address: `unix:${operatorSocket}`, protocol });
}
