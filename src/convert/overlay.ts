import { create } from "@bufbuild/protobuf";
import type { Overlay } from "../domain/overlay.ts";
import { OverlaySchema, type Overlay as ProtoOverlay } from "../gen/left4me/host/v1/overlay_pb.ts";
import { present } from "./present.ts";
import { optionalTimestampToProto } from "./timestamp.ts";
import { toOptionalUint64 } from "./uint64.ts";

/** An overlay as the contract shows it. */
export function overlayToProto(overlay: Overlay): ProtoOverlay {
  const { ref, mutable, version, sizeBytes, files, usedBy, publishTime, editedInUse, ...forgotten } = overlay;
  forgotten satisfies Record<string, never>;
  return create(OverlaySchema, {
    ref,
    mutable,
    version,
    usedBy: [...usedBy],
    editedInUse,
    ...present({
      sizeBytes: toOptionalUint64(sizeBytes),
      files: toOptionalUint64(files),
      publishTime: optionalTimestampToProto(publishTime),
    }),
  });
}
