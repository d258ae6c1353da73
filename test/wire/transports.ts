import { connect } from "node:net";
import type { Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import type { Served } from "./serve.ts";

/** Every way in which a TypeScript client can reach the daemon. */
export const transports: Readonly<Record<string, (served: Served) => Transport>> = {
  "connect, binary, HTTP/2, unix": ({ socketPath }) =>
    createConnectTransport({ httpVersion: "2", useBinaryFormat: true, ...overUnix2(socketPath) }),
  "connect, JSON, HTTP/2, TCP": ({ baseUrl }) => createConnectTransport({ httpVersion: "2", useBinaryFormat: false, baseUrl }),
  "connect, binary, HTTP/1.1, TCP": ({ baseUrl }) => createConnectTransport({ httpVersion: "1.1", useBinaryFormat: true, baseUrl }),
  "connect, JSON, HTTP/1.1, unix": ({ socketPath }) =>
    createConnectTransport({ httpVersion: "1.1", useBinaryFormat: false, ...overUnix1(socketPath) }),
  "gRPC, HTTP/2, unix": ({ socketPath }) => createGrpcTransport(overUnix2(socketPath)),
  "gRPC, HTTP/2, TCP": ({ baseUrl }) => createGrpcTransport({ baseUrl }),
  "gRPC-Web, HTTP/2, TCP": ({ baseUrl }) => createGrpcWebTransport({ httpVersion: "2", baseUrl }),
  "gRPC-Web, HTTP/1.1, unix": ({ socketPath }) => createGrpcWebTransport({ httpVersion: "1.1", ...overUnix1(socketPath) }),
};

function overUnix1(socketPath: string) {
  return { baseUrl: "http://localhost", nodeOptions: { socketPath } };
}

function overUnix2(socketPath: string) {
  return { baseUrl: "http://localhost", nodeOptions: { createConnection: () => connect({ path: socketPath }) } };
}
