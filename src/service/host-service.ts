import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { findingToProto } from "../convert/finding.ts";
import { overlayToProto } from "../convert/overlay.ts";
import type { Overlay } from "../domain/overlay.ts";
import type { HostService, ListOverlaysRequest, ListOverlaysResponseSchema } from "../gen/left4me/host/v1/host_service_pb.ts";
import type { HostApi } from "../host/api.ts";
import { hostMessage } from "./host-description.ts";
import { type Paging, pageOf, pagePosition } from "./paging.ts";
import { uploadOf, uploadStream } from "./upload-stream.ts";

/** The handlers of HostService. */
export function hostService(host: HostApi): ServiceImpl<typeof HostService> {
  return {
    getHost: async () => ({ host: hostMessage(await host.describe()) }),
    diagnose: async (_, { signal }) => ({ findings: (await host.diagnose(signal)).map(findingToProto) }),
    listOverlays: async (request, { signal }) => listOverlays(await host.overlays(signal), request),
    async importOverlay(requests, { signal }) {
      const { header, chunks } = await uploadStream(requests, signal);
      const { overlay, changed } = await host.importOverlay(header.ref, uploadOf(header, chunks), signal);
      return { overlay: overlayToProto(overlay), changed };
    },
    deleteOverlay: ({ ref }) => host.deleteOverlay(ref),
  };
}

const paging: Paging<Overlay> = {
  defaultSize: 1000,
  largestSize: 1000,
  binding: "ListOverlays",
  keyOf: ({ ref }) => ref,
  isBehind: ({ ref }, key) => ref > key,
};

function listOverlays(overlays: readonly Overlay[], request: ListOverlaysRequest): MessageInitShape<typeof ListOverlaysResponseSchema> {
  const page = pageOf(overlays, request, pagePosition(request, paging.binding), paging);
  return { overlays: page.items.map(overlayToProto), nextPageToken: page.nextPageToken };
}
