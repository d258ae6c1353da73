import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { shuttingDown } from "../domain/failures.ts";
import { type Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.ts";
import { anyAborted, type ServingState } from "./serving-state.ts";
import type { StreamSlots } from "./stream-slots.ts";

/**
 * grpc.health.v1 for the process as a whole ("") and for each of its services.
 *
 * Its own contract, not ours, says how it answers: an unknown service is NOT_FOUND on Check and SERVICE_UNKNOWN on Watch,
 * both without an ErrorInfo.
 */
export function healthService(services: readonly DescService[], serving: ServingState, slots: StreamSlots): ServiceImpl<typeof Health> {
  const names = new Set(["", ...services.map(({ typeName }) => typeName)]);
  const now = () => (serving.isServing ? Status.SERVING : Status.NOT_SERVING);
  return {
    check: ({ service }) => {
      if (!names.has(service)) throw new ConnectError(`there is no service ${JSON.stringify(service)} here`, Code.NotFound);
      return { status: now() };
    },
    list: () => ({ statuses: Object.fromEntries([...names].map((name) => [name, { status: now() }])) }),
    async *watch({ service }, { signal }) {
      const slot = slots.acquire(signal);
      try {
        const known = names.has(service);
        yield { status: known ? now() : Status.SERVICE_UNKNOWN };
        if (known && !serving.opened.aborted) {
          await anyAborted(serving.opened, serving.draining, signal);
          if (serving.isServing && !signal.aborted) yield { status: now() };
        }
        if (known && serving.isServing) {
          await anyAborted(serving.draining, signal);
          if (!signal.aborted) yield { status: now() };
        }
        await anyAborted(serving.closed, signal);
        signal.throwIfAborted();
        throw shuttingDown();
      } finally {
        slot.release();
      }
    },
  };
}
