import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { HostService } from "../gen/left4me/host/v1/host_service_pb.ts";
import { InstallationService } from "../gen/left4me/host/v1/installation_service_pb.ts";
import { InstanceService } from "../gen/left4me/host/v1/instance_service_pb.ts";
import { LogService } from "../gen/left4me/host/v1/log_service_pb.ts";
import { type HostAddress, parseAddress } from "./address.ts";
import { withLostConnections } from "./connection-lost.ts";
import { HostConnection, type TlsOptions } from "./host-connection.ts";

/** Options of {@link createHostClient}. */
export type HostClientOptions = {
  /** `unix:/path`, `http://host:port` or `https://host[:port]`. */
  readonly address: string;
  /** `connect` (default; its binary form is about twice as fast from Node) or `grpc`. The host speaks both. */
  readonly protocol?: "connect" | "grpc";
  /** Deadline for each unary call that brings none of its own, in milliseconds, more than 0. Default: none. */
  readonly timeoutMs?: number;
  /** For `https://`. Default: the system's certificates, no client certificate. */
  readonly tls?: TlsOptions;
  /** Connect interceptors around every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
};

/** A client over a transport of the caller's own, e.g. Connect's router transport in tests. */
export type TransportClientOptions = Pick<HostClientOptions, "timeoutMs"> & { readonly transport: Transport };

/** The services of one host. Calls reject with ConnectError; `asHostFailure` reads what the host says of it. */
export type HostClient = {
  /** Game servers: their life cycle, status, archives. */
  readonly instances: Client<typeof InstanceService>;
  /** What games print. {@link followLogs} reconnects by itself. */
  readonly logs: Client<typeof LogService>;
  /** The game's files: installations and builds. */
  readonly installation: Client<typeof InstallationService>;
  /** The machine and its overlays. */
  readonly host: Client<typeof HostService>;
  /** New calls get a new connection; calls under way keep theirs. For a connection that has gone silent. */
  replaceConnection(): void;
  /** Ends every call under way (CANCELED) and refuses new ones. */
  close(): void;
};

/** The largest message that is read, in bytes. The contract's answers stay far below. */
const readMaxBytes = 16 * 1024 * 1024;

/**
 * Returns a client of one host. It connects with the first call, and again whenever the connection was lost.
 *
 * An idle client does not keep the process alive.
 * @throws AddressError when the address is of none of the forms that exist
 */
export function createHostClient(options: HostClientOptions | TransportClientOptions): HostClient {
  if ("transport" in options) return clientOver(options.transport, options.timeoutMs, undefined);
  const address = parseAddress(options.address);
  const connection = new HostConnection(address, options.tls);
  return clientOver(transportOver(address, connection, options), options.timeoutMs, connection);
}

function transportOver(address: HostAddress, connection: HostConnection, options: HostClientOptions): Transport {
  const create = options.protocol === "grpc" ? createGrpcTransport : createConnectTransport;
  return create({
    httpVersion: "2",
    baseUrl: address.baseUrl,
    sessionManager: connection,
    readMaxBytes,
    interceptors: [...(options.interceptors ?? [])],
    // Nothing is gained by compressing what stays on this machine.
    ...(address.kind === "unix" ? { acceptCompression: [] } : {}),
  });
}

function clientOver(bare: Transport, timeoutMs: number | undefined, connection: HostConnection | undefined): HostClient {
  let isClosed = false;
  const transport = withLostConnections(withWholeTimeouts(bare, timeoutMs), () => isClosed);
  return {
    instances: createClient(InstanceService, transport),
    logs: createClient(LogService, transport),
    installation: createClient(InstallationService, transport),
    host: createClient(HostService, transport),
    replaceConnection: () => connection?.replace(),
    close: () => {
      isClosed = true;
      connection?.close();
    },
  };
}

/** Deadlines travel as whole milliseconds: a fraction, as from a subtraction of clocks, would be refused. */
function withWholeTimeouts(transport: Transport, unaryTimeoutMs: number | undefined): Transport {
  const whole = (timeoutMs: number | undefined) => (timeoutMs === undefined ? undefined : Math.ceil(timeoutMs));
  return {
    unary: (method, signal, timeoutMs, header, input, contextValues) =>
      transport.unary(method, signal, whole(timeoutMs ?? unaryTimeoutMs), header, input, contextValues),
    stream: (method, signal, timeoutMs, header, input, contextValues) =>
      transport.stream(method, signal, whole(timeoutMs), header, input, contextValues),
  };
}
