import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { create, toBinary } from "@bufbuild/protobuf";
import { createHostClient, type HostClient, type ListInstancesResponse, type LogEntry, LogEntrySchema } from "../../src/client/index.ts";
import { ListInstancesResponseSchema } from "../../src/gen/index.ts";

const program = join(import.meta.dirname, "grpc-js-server.ts");

/** What the peer is to answer with. */
export type GrpcJsPeerOptions = {
  /** Its instances. Default: none. */
  readonly list?: ListInstancesResponse;
  /** What its lines are like, apart from message and time. Default: an empty entry. */
  readonly entry?: LogEntry;
  /** What another process prints is what it tells. Default: what {@link GrpcJsPeer.tell} is given. */
  readonly feed?: Readable;
};

/** A grpc-js server with the same messages, in a process of its own; see grpc-js-server.ts. */
export type GrpcJsPeer = {
  readonly pid: number;
  /** Where it listens. */
  readonly path: string;
  /** The same client as ours has, by gRPC: grpc-js speaks nothing else. */
  readonly client: HostClient;
  /** Has it tell a line to every stream. */
  tell(line: string): void;
  end(): Promise<void>;
};

/** Starts the peer. Resolves when it listens. */
export async function startGrpcJsPeer(options: GrpcJsPeerOptions = {}): Promise<GrpcJsPeer> {
  const { list = create(ListInstancesResponseSchema), entry = create(LogEntrySchema), feed = "pipe" } = options;
  const directory = mkdtempSync(join(tmpdir(), "left4me-grpc-js-"));
  writeFileSync(join(directory, "list.bin"), toBinary(ListInstancesResponseSchema, list));
  writeFileSync(join(directory, "entry.bin"), toBinary(LogEntrySchema, entry));
  const child = spawn(process.execPath, [program, directory], { stdio: [feed, "pipe", "inherit"] });
  const listens = child.stdout === null ? Promise.reject(new Error("it has no standard output")) : once(child.stdout, "data");
  const ended = once(child, "exit");
  await Promise.race([listens, ended.then(([code]) => Promise.reject(new Error(`the grpc-js server ended with ${code}`)))]);
  const path = join(directory, "peer.sock");
  const client = createHostClient({ address: `unix:${path}`, protocol: "grpc" });
  return {
    pid: child.pid ?? 0,
    path,
    client,
    tell: (line) => void child.stdin?.write(`${line}\n`),
    end: async () => {
      client.close();
      child.kill();
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
