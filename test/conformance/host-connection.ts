import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../src/gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../src/gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { HostService } from "../../src/gen/left4me/host/v1/host_service_pb.ts";
import { InstallationService } from "../../src/gen/left4me/host/v1/installation_service_pb.ts";
import { InstanceService } from "../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { LogService } from "../../src/gen/left4me/host/v1/log_service_pb.ts";
import type { HostAddress } from "./address.ts";

/** How requests are spelled on the wire. A host speaks all of them on one listener. */
export const protocols = ["grpc", "grpc-web", "connect"] as const;
export type Protocol = (typeof protocols)[number];

/** The services of a host over one HTTP/2 connection of their own. */
export type HostConnection = {
  readonly instances: Client<typeof InstanceService>;
  readonly logs: Client<typeof LogService>;
  readonly installation: Client<typeof InstallationService>;
  readonly host: Client<typeof HostService>;
  readonly health: Client<typeof Health>;
  readonly reflection: Client<typeof ServerReflection>;
  readonly reflectionAlpha: Client<typeof ServerReflectionAlpha>;
  /** Breaks the connection, and every call on it with it. */
  close(): void;
};

/** Connects with the first call. */
export function openConnection(address: HostAddress, protocol: Protocol): HostConnection {
  const { baseUrl, createConnection } = address;
  const sessionManager = new Http2SessionManager(baseUrl, {}, createConnection === undefined ? {} : { createConnection });
  const transport = transportOf(protocol, baseUrl, sessionManager);
  return {
    instances: createClient(InstanceService, transport),
    logs: createClient(LogService, transport),
    installation: createClient(InstallationService, transport),
    host: createClient(HostService, transport),
    health: createClient(Health, transport),
    reflection: createClient(ServerReflection, transport),
    reflectionAlpha: createClient(ServerReflectionAlpha, transport),
    close: () => sessionManager.abort(),
  };
}

function transportOf(protocol: Protocol, baseUrl: string, sessionManager: Http2SessionManager): Transport {
  if (protocol === "connect") return createConnectTransport({ baseUrl, sessionManager, httpVersion: "2" });
  if (protocol === "grpc-web") return createGrpcWebTransport({ baseUrl, sessionManager, httpVersion: "2" });
  return createGrpcTransport({ baseUrl, sessionManager });
}
