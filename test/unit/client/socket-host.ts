import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ServerHttp2Session } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { type Code, ConnectError, type ConnectRouter, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { HostService, InstallationService, InstanceService, LogService } from "../../../src/client/index.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.ts";

/** What a fake host answers; everything left out is UNIMPLEMENTED. */
export type FakeServices = {
  readonly instances?: Partial<ServiceImpl<typeof InstanceService>>;
  readonly logs?: Partial<ServiceImpl<typeof LogService>>;
  readonly installation?: Partial<ServiceImpl<typeof InstallationService>>;
  readonly host?: Partial<ServiceImpl<typeof HostService>>;
};

/** A fake host on a real unix socket. */
export type SocketHost = AsyncDisposable & {
  readonly address: string;
  /** A directory of its own for the test's files. */
  readonly directory: string;
  /** Breaks every connection, as a killed daemon would. */
  dropConnections(): void;
};

/** Serves `services` on a socket in a new temporary directory. */
export async function startSocketHost(services: FakeServices): Promise<SocketHost> {
  const directory = await mkdtemp(join(tmpdir(), "l4m-"));
  const path = join(directory, "hostd.sock");
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({}, connectNodeAdapter({ routes: (router) => register(router, services) }));
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const dropConnections = () => {
    for (const session of sessions) session.destroy();
  };
  return {
    address: `unix:${path}`,
    directory,
    dropConnections,
    async [Symbol.asyncDispose]() {
      dropConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function register(router: ConnectRouter, services: FakeServices): void {
  router.service(InstanceService, services.instances ?? {});
  router.service(LogService, services.logs ?? {});
  router.service(InstallationService, services.installation ?? {});
  router.service(HostService, services.host ?? {});
}

/** Further parts of a {@link failure}. */
export type FailureParts = {
  readonly metadata?: Record<string, string>;
  readonly violations?: { field: string; description: string }[];
  readonly detail?: { desc: DescMessage; value: MessageInitShape<DescMessage> };
};

/** An error as a host raises it. */
export function failure(code: Code, reason: string, message: string, parts: FailureParts = {}): ConnectError {
  const info = {
    desc: ErrorInfoSchema,
    value: create(ErrorInfoSchema, { domain: "left4me.host", reason, metadata: parts.metadata ?? {} }),
  };
  const bad =
    parts.violations === undefined
      ? []
      : [{ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations: parts.violations }) }];
  return new ConnectError(message, code, undefined, [info, ...bad, ...(parts.detail === undefined ? [] : [parts.detail])]);
}
