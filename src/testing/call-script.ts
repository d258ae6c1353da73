import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";
import { describeExit } from "../domain/exit-report.ts";
import { type ErrorReason, type FieldViolation, HostError } from "../domain/host-error.ts";
import type { HostService } from "../gen/left4me/host/v1/host_service_pb.ts";
import type { InstallationService } from "../gen/left4me/host/v1/installation_service_pb.ts";
import type { InstanceService } from "../gen/left4me/host/v1/instance_service_pb.ts";
import type { LogService } from "../gen/left4me/host/v1/log_service_pb.ts";
import { type GameEnd, resultOf } from "./game/game-end.ts";

/** An RPC of the host, as the client names its method: `startInstance`, `streamLogs`, `installGame`, … */
export type RpcName =
  | keyof (typeof InstanceService)["method"]
  | keyof (typeof LogService)["method"]
  | keyof (typeof InstallationService)["method"]
  | keyof (typeof HostService)["method"];

/** A failure as a real host answers it: the code is that of the reason, and all of it is in the error's details. */
export type ScriptedFailure = {
  /** Why, e.g. `DISK_FULL`; docs/reference/contract.md has them with their codes. */
  readonly reason: ErrorReason;
  /** Default: a text that says that the test wants it so. */
  readonly message?: string;
  /** The ErrorInfo's metadata. Default: none; for START_FAILED `name` and `exit`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The fields that are wrong, for a reason such as INVALID_SPEC. Default: none. */
  readonly violations?: readonly FieldViolation[];
  /** For START_FAILED: how the game ended. Default: it exited with code 1 while it got ready, and its last line is the message. */
  readonly startFailure?: ScriptedStartFailure;
  /** Only calls fail whose request names this instance. Default: whatever they name. */
  readonly name?: string;
  /** How many calls fail; Infinity = all. Default: 1. */
  readonly times?: number;
};

/** The StartFailure of a {@link ScriptedFailure}. */
export type ScriptedStartFailure = GameEnd & {
  /** Where the start had got to, as a real host says it: `exec`, `starting` or `getting ready`. Default: `getting ready`. */
  readonly step?: string;
  /** The last lines that the game wrote, oldest first. Default: none. */
  readonly lastLines?: readonly string[];
};

type Planned = { readonly rpc: RpcName | "all"; readonly failure: ScriptedFailure; left: number };

type Request = UnaryRequest | StreamRequest;

/** What happens to calls before the host sees them. */
export class CallScript {
  readonly #delays = new Map<RpcName | "all", number>();
  #failures: Planned[] = [];

  delay(rpc: RpcName | "all", ms: number): void {
    this.#delays.set(rpc, ms);
  }

  failNext(rpc: RpcName | "all", failure: ScriptedFailure): void {
    this.#failures.push({ rpc, failure, left: failure.times ?? 1 });
  }

  clear(): void {
    this.#delays.clear();
    this.#failures = [];
  }

  /** To be wrapped around the calls of the host's own services. */
  readonly interceptor: Interceptor = (next) => async (arrived) => {
    const rpc = arrived.method.localName as RpcName;
    const delay = this.#delays.get(rpc) ?? this.#delays.get("all") ?? 0;
    if (delay > 0) await sleep(delay, undefined, { signal: arrived.signal });
    const { request, name } = await withName(arrived);
    const failure = this.#take(rpc, name);
    if (failure !== undefined) throw errorOf(rpc, name, failure);
    return next(request);
  };

  /** The oldest failure that is meant for the call. */
  #take(rpc: RpcName, name: string): ScriptedFailure | undefined {
    const planned = this.#failures.find(
      (one) => (one.rpc === rpc || one.rpc === "all") && (one.failure.name ?? name) === name && one.left > 0,
    );
    if (planned === undefined) return undefined;
    planned.left -= 1;
    this.#failures = this.#failures.filter(({ left }) => left > 0);
    return planned.failure;
  }
}

/** The instance that a request names, "" for none, and the request to go on with. An upload is not looked into. */
async function withName(request: Request): Promise<{ readonly request: Request; readonly name: string }> {
  if (!request.stream) return { request, name: nameIn(request.message) };
  if (request.method.methodKind !== "server_streaming") return { request, name: "" };
  const rest = request.message[Symbol.asyncIterator]();
  const first = await rest.next();
  return { request: { ...request, message: beginningWith(first, rest) }, name: first.done === true ? "" : nameIn(first.value) };
}

async function* beginningWith<Message>(first: IteratorResult<Message>, rest: AsyncIterator<Message>): AsyncGenerator<Message> {
  if (first.done === true) return;
  yield first.value;
  yield* { [Symbol.asyncIterator]: () => rest };
}

function nameIn(message: object): string {
  return "name" in message && typeof message.name === "string" ? message.name : "";
}

function errorOf(rpc: RpcName, name: string, failure: ScriptedFailure): HostError {
  const { reason, message = `the test wants ${rpc} to fail with ${reason}`, metadata = {}, violations = [] } = failure;
  if (reason !== "START_FAILED") return new HostError(reason, message, { metadata, violations });
  const { step = "getting ready", lastLines = [], ...end } = failure.startFailure ?? { code: 1, lastLines: [message] };
  const exit = {
    ...end,
    invocationId: randomUUID().replaceAll("-", ""),
    intended: false,
    exitTime: new Date(),
    result: resultOf(end),
    lastLines,
  };
  return new HostError(reason, message, {
    metadata: { name, exit: describeExit(end), ...metadata },
    violations,
    startFailure: { step, exit },
  });
}
