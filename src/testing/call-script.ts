import { setTimeout as sleep } from "node:timers/promises";
import type { Interceptor } from "@connectrpc/connect";
import { type ErrorReason, type FieldViolation, HostError } from "../domain/host-error.ts";
import type { HostService } from "../gen/left4me/host/v1/host_service_pb.ts";
import type { InstallationService } from "../gen/left4me/host/v1/installation_service_pb.ts";
import type { InstanceService } from "../gen/left4me/host/v1/instance_service_pb.ts";
import type { LogService } from "../gen/left4me/host/v1/log_service_pb.ts";

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
  /** The ErrorInfo's metadata. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The fields that are wrong, for a reason such as INVALID_SPEC. Default: none. */
  readonly violations?: readonly FieldViolation[];
  /** How many calls fail; Infinity = all. Default: 1. */
  readonly times?: number;
};

type Planned = { readonly rpc: RpcName | "all"; readonly failure: ScriptedFailure; left: number };

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
  readonly interceptor: Interceptor = (next) => async (request) => {
    const rpc = request.method.localName as RpcName;
    const delay = this.#delays.get(rpc) ?? this.#delays.get("all") ?? 0;
    if (delay > 0) await sleep(delay, undefined, { signal: request.signal });
    const failure = this.#take(rpc);
    if (failure !== undefined) throw errorOf(rpc, failure);
    return next(request);
  };

  /** The oldest failure that is meant for the RPC. */
  #take(rpc: RpcName): ScriptedFailure | undefined {
    const planned = this.#failures.find((one) => (one.rpc === rpc || one.rpc === "all") && one.left > 0);
    if (planned === undefined) return undefined;
    planned.left -= 1;
    this.#failures = this.#failures.filter(({ left }) => left > 0);
    return planned.failure;
  }
}

function errorOf(rpc: RpcName, { reason, message, metadata = {}, violations = [] }: ScriptedFailure): HostError {
  return new HostError(reason, message ?? `the test wants ${rpc} to fail with ${reason}`, { metadata, violations });
}
