import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon } from "../../src/daemon/daemon.ts";
import type { RpcServerLimits } from "../../src/daemon/rpc-server.ts";
import { type FakeHost, fakeHost } from "./fake-host.ts";

/** A daemon over a fake host, on a unix socket and on TCP. */
export type Served = AsyncDisposable & {
  readonly host: FakeHost;
  readonly daemon: Daemon;
  readonly socketPath: string;
  readonly baseUrl: string;
  readonly port: number;
  readonly root: string;
  /** Lines of level warn and error. */
  readonly complaints: { message: string; fields: unknown }[];
};

/** Starts a real server in this process. */
export async function serve(options: { host?: FakeHost; maxStreams?: number; limits?: RpcServerLimits } = {}): Promise<Served> {
  const root = mkdtempSync(join(tmpdir(), "l4m-wire-"));
  const { host = fakeHost(), ...rest } = options;
  const socketPath = join(root, "hostd.sock");
  const complaints: Served["complaints"] = [];
  const daemon = await startDaemon({
    root,
    listen: [
      { kind: "unix", path: socketPath },
      { kind: "tcp", host: "127.0.0.1", port: 0 },
    ],
    log: (level, message, fields) => {
      if (level === "warn" || level === "error") complaints.push({ message, fields });
    },
    openHost: async () => host,
    ...rest,
  });
  await daemon.opened;
  const baseUrl = daemon.addresses.find((address) => address.startsWith("http:")) ?? "";
  return {
    host,
    daemon,
    socketPath,
    baseUrl,
    port: Number(new URL(baseUrl).port),
    root,
    complaints,
    async [Symbol.asyncDispose]() {
      await daemon.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
