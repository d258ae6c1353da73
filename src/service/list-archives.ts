import type { MessageInitShape } from "@bufbuild/protobuf";
import { archiveToProto } from "../convert/archive.ts";
import type { Archive } from "../domain/archive.ts";
import type { ListArchivesRequest, ListArchivesResponseSchema } from "../gen/left4me/host/v1/instance_service_pb.ts";
import type { HostApi } from "../host/api.ts";
import { type Paging, pageOf, pagePosition } from "./paging.ts";

const paging: Omit<Paging<Archive>, "binding"> = {
  defaultSize: 100,
  largestSize: 1000,
  keyOf: ({ id }) => id,
  // The newest first: what is older stands behind.
  isBehind: ({ id }, key) => id < key,
};

/** Serves ListArchives. */
export async function listArchives(
  host: HostApi,
  request: ListArchivesRequest,
): Promise<MessageInitShape<typeof ListArchivesResponseSchema>> {
  const binding = ["ListArchives", request.name];
  const archives = await host.archives(request.name);
  const page = pageOf(archives, request, pagePosition(request, binding), { ...paging, binding });
  return { archives: page.items.map(archiveToProto), nextPageToken: page.nextPageToken };
}
