import { create } from "@bufbuild/protobuf";
import type { Build } from "../domain/build.ts";
import { BuildSchema, type Build as ProtoBuild } from "../gen/left4me/host/v1/build_pb.ts";
import { timestampToProto } from "./timestamp.ts";
import { toUint64 } from "./uint64.ts";

/** A build as the contract shows it. */
export function buildToProto(build: Build): ProtoBuild {
  const { id, steamBuildId, active, publishTime, sizeBytes, files, usedBy, layerCount, ...forgotten } = build;
  forgotten satisfies Record<string, never>;
  return create(BuildSchema, {
    id,
    steamBuildId,
    active,
    publishTime: timestampToProto(publishTime),
    sizeBytes: toUint64(sizeBytes),
    files: toUint64(files),
    usedBy: [...usedBy],
    layerCount,
  });
}
