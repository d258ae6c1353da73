import { create } from "@bufbuild/protobuf";
import type { Archive } from "../domain/archive.ts";
import { ArchiveSchema, type Archive as ProtoArchive } from "../gen/left4me/host/v1/archive_pb.ts";
import { timestampToProto } from "./timestamp.ts";
import { toUint64 } from "./uint64.ts";

/** An archive as the contract shows it. */
export function archiveToProto(archive: Archive): ProtoArchive {
  const { id, createTime, sizeBytes, buildId, ...forgotten } = archive;
  forgotten satisfies Record<string, never>;
  return create(ArchiveSchema, { id, createTime: timestampToProto(createTime), sizeBytes: toUint64(sizeBytes), buildId });
}
