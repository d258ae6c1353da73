import type { MessageInitShape } from "@bufbuild/protobuf";
import { instanceToProto } from "../convert/instance.ts";
import type { Instance } from "../domain/instance.ts";
import type { ListInstancesRequest, ListInstancesResponseSchema } from "../gen/left4me/host/v1/instance_service_pb.ts";
import type { HostApi } from "../host/api.ts";
import { instanceBytes } from "./instance-bytes.ts";
import { instanceFilterOf } from "./instance-filter.ts";
import { type Paging, pageOf, pagePosition } from "./paging.ts";

const paging: Omit<Paging<Instance>, "binding"> = {
  defaultSize: 1000,
  largestSize: 1000,
  keyOf: ({ name }) => name,
  isBehind: ({ name }, key) => name > key,
  limit: { bytes: 1024 * 1024, sizeOf: instanceBytes },
};

/** Serves ListInstances: a page, and the watch cursor of the moment in which the listing began. */
export function listInstances(host: HostApi, request: ListInstancesRequest): MessageInitShape<typeof ListInstancesResponseSchema> {
  const filter = instanceFilterOf(request.filter);
  const binding = ["ListInstances", filter];
  const after = pagePosition(request, binding);
  const { instances, watchCursor: cursorNow } = host.list(filter);
  const watchCursor = after?.carried ?? cursorNow;
  const page = pageOf(instances, request, after, { ...paging, binding }, watchCursor);
  return { instances: page.items.map(instanceToProto), nextPageToken: page.nextPageToken, watchCursor };
}
