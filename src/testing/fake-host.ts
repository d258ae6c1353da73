import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { openHost } from "../host/open-host.ts";
import { routes } from "../service/routes.ts";
import { fakeBuild } from "./fake-build.ts";
import { type FakeBehaviour, FakeDriver } from "./fake-driver.ts";

export type FakeHostOptions = Partial<FakeBehaviour> & {
  /** Where to listen: a TCP port of 127.0.0.1 (0 = any free one) or the path of a unix socket. Default: 0. */
  readonly listen?: number | string;
  /** Where the host keeps what it keeps. Default: a temporary directory, removed by `close`. */
  readonly root?: string;
  /** Begins without a game build, so that starts answer NO_BUILD until one is imported. Default: false. */
  readonly withoutBuild?: boolean;
};

export type FakeHost = {
  /** For `createHostClient`: `http://127.0.0.1:…` or `unix:/…`. */
  readonly address: string;
  /** How games behave; change it at any time. */
  readonly behaviour: FakeBehaviour;
  /** Has a running game print a line. @throws Error when it does not run */
  print(name: string, line: string): void;
  /** Ends a running game: a crash by SIGSEGV unless told otherwise. @throws Error when it does not run */
  crash(name: string, how?: { readonly code: number } | { readonly signal: string }): void;
  close(): Promise<void>;
};

/** Starts a fake host in this process. It answers gRPC and Connect over HTTP/2, with the real contract and the real errors. */
export async function createFakeHost(options: FakeHostOptions = {}): Promise<FakeHost> {
  const { listen = 0, root: givenRoot, withoutBuild = false, ...behaviour } = options;
  const root = givenRoot ?? (await mkdtemp(join(tmpdir(), "left4me-fake-")));
  const driver = new FakeDriver(behaviour);
  const host = await openHost({ root, driver, version: "fake", probe: async ({ name }) => driver.isReady(name) });
  if (!withoutBuild) await host.importBuild(fakeBuild(), true, new AbortController().signal);
  const server = createServer(connectNodeAdapter({ routes: routes(host) }));
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    if (typeof listen === "string") server.listen(listen, resolve);
    else server.listen(listen, "127.0.0.1", resolve);
  });
  return {
    address: typeof listen === "string" ? `unix:${listen}` : `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behaviour: driver.behaviour,
    print: (name, line) => driver.print(name, line),
    crash: (name, how) => driver.crash(name, how),
    async close() {
      await host.close();
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
      if (givenRoot === undefined) await rm(root, { recursive: true, force: true });
    },
  };
}
