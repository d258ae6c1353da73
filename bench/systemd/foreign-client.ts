import { connect } from "node:net";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createHostClient, type HostClient } from "../../src/client/index.ts";

/** A gRPC client over a socket with the windows that HTTP/2 begins with (64 KiB a stream), as most libraries leave them. */
export function foreignClient(path: string): HostClient {
  const nodeOptions = { createConnection: () => connect({ path }) };
  return createHostClient({ transport: createGrpcTransport({ baseUrl: "http://localhost", nodeOptions }) });
}
