import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Instance } from "../gen/left4me/host/v1/instance_pb.ts";
import {
  ChangeType,
  type InstanceFilterSchema,
  type WatchInstancesRequestSchema,
  type WatchInstancesResponse,
  WatchResyncReason,
} from "../gen/left4me/host/v1/instance_service_pb.ts";
import type { HostClient } from "./host-client.ts";
import { type ReconnectOptions, reconnecting } from "./reconnecting.ts";

/** Options of {@link watchInstances}. */
export type WatchInstancesOptions = ReconnectOptions & {
  /** Which instances. Default: all. */
  readonly filter?: MessageInitShape<typeof InstanceFilterSchema>;
  /** A cursor of ListInstances or of an earlier watch with the same filter. Default: begins with a snapshot. */
  readonly afterCursor?: string;
  /** Also tells running instances at this interval for the sake of their usage, in whole seconds, at least 1. Default: no. */
  readonly usageIntervalSeconds?: number;
};

/** What a watch yields. */
export type WatchItem =
  | {
      readonly type: "change";
      readonly change: "ADDED" | "MODIFIED" | "REMOVED";
      /** In full; for REMOVED as it was last. */
      readonly instance: Instance;
      /** Earlier changes that were merged into this one. */
      readonly merged: number;
      /** A later watch continues behind this change. "" within a snapshot. */
      readonly cursor: string;
    }
  /** Everything up to here has been told: the snapshot is complete, or a resumed watch has caught up. */
  | { readonly type: "synced"; readonly cursor: string }
  /** Forget every instance; a snapshot follows. */
  | { readonly type: "resync"; readonly reason: ResyncReason };

/** Why a watch starts over; CONNECTION_LOST: in the middle of a snapshot, which cannot be resumed. */
export type ResyncReason = keyof typeof WatchResyncReason | "CONNECTION_LOST";

/**
 * Watches instances across lost connections and restarts of the host's daemon: first as they are, then every change.
 *
 * Ends when the signal aborts.
 * @throws ConnectError for what trying again cannot cure: INVALID_ARGUMENT for a filter or cursor that cannot be used, and a
 * first connection that fails (unless `retryFirst`)
 */
export async function* watchInstances(
  client: Pick<HostClient, "instances" | "replaceConnection">,
  options: WatchInstancesOptions = {},
): AsyncGenerator<WatchItem, void, undefined> {
  const place = new WatchPlace(options);
  const plan = {
    client,
    open: (signal: AbortSignal) => client.instances.watchInstances(place.request(), { signal }),
    heartbeat: ({ event }: WatchInstancesResponse) => (event.case === "hello" ? event.value.heartbeatInterval : undefined),
    isComplete: () => false,
  };
  for await (const { event } of reconnecting(plan, options)) {
    for (const item of place.read(event)) yield item;
  }
}

/** How far a consumer has got in a watch. */
class WatchPlace {
  readonly #options: WatchInstancesOptions;
  #cursor: string;
  #hasToldInstances = false;
  #isSynced = false;

  constructor(options: WatchInstancesOptions) {
    this.#options = options;
    this.#cursor = options.afterCursor ?? "";
  }

  request(): MessageInitShape<typeof WatchInstancesRequestSchema> {
    const { filter, usageIntervalSeconds } = this.#options;
    return {
      afterCursor: this.#cursor,
      ...(filter === undefined ? {} : { filter }),
      ...(usageIntervalSeconds === undefined ? {} : { usageInterval: { seconds: BigInt(usageIntervalSeconds), nanos: 0 } }),
    };
  }

  *read(event: WatchInstancesResponse["event"]): Generator<WatchItem, void, undefined> {
    switch (event.case) {
      case "hello":
        if (this.#cursor === "" && this.#hasToldInstances) yield this.#startOver("CONNECTION_LOST");
        return;
      case "resync":
        yield this.#startOver(nameOf(WatchResyncReason, event.value.reason) ?? "UNSPECIFIED");
        return;
      case "change": {
        const { type, instance, merged, cursor } = event.value;
        const change = nameOf(ChangeType, type);
        if (cursor !== "") this.#cursor = cursor;
        this.#hasToldInstances = true;
        if (instance !== undefined && change !== undefined && change !== "UNSPECIFIED")
          yield { type: "change", change, instance, merged, cursor };
        return;
      }
      case "bookmark":
        this.#cursor = event.value.cursor;
        if (!this.#isSynced) yield { type: "synced", cursor: this.#cursor };
        this.#isSynced = true;
        return;
      case "heartbeat":
        if (event.value.cursor !== "") this.#cursor = event.value.cursor;
    }
  }

  #startOver(reason: ResyncReason): WatchItem {
    this.#cursor = "";
    this.#hasToldInstances = false;
    this.#isSynced = false;
    return { type: "resync", reason };
  }
}

function nameOf<Enum extends Readonly<Record<string, number>>>(values: Enum, value: number): (keyof Enum & string) | undefined {
  return Object.keys(values).find((name) => values[name] === value);
}
