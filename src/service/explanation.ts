import type { MessageInitShape } from "@bufbuild/protobuf";
import { enumTable } from "../convert/enum-table.ts";
import { present } from "../convert/present.ts";
import { optionalTimestampToProto } from "../convert/timestamp.ts";
import { toUint64 } from "../convert/uint64.ts";
import { warningToProto } from "../convert/warning.ts";
import type { WrittenFiles } from "../domain/written-files.ts";
import { type ExplanationSchema, LayerKind, type WrittenFilesSchema } from "../gen/left4me/host/v1/explanation_pb.ts";
import type { Explanation, Layer } from "../host/api.ts";

const layerKinds = enumTable<Layer["kind"]>()("LayerKind", LayerKind);

/** An explanation as the contract shows it. */
export function explanationMessage(explanation: Explanation): MessageInitShape<typeof ExplanationSchema> {
  const { layers, argv, configs, warnings, files, filesTruncated, written } = explanation;
  return {
    layers: layers.map(({ kind, ...same }) => ({ kind: layerKinds.toProto(kind), ...same })),
    argv: [...argv],
    configs: configs.map(({ path, content, overlayRef }) => ({ path, content: new Uint8Array(content), overlayRef })),
    warnings: warnings.map(warningToProto),
    files: files.map(({ path, layer, hides, sizeBytes }) => ({ path, layer, hides: [...hides], sizeBytes: toUint64(sizeBytes) })),
    filesTruncated,
    ...present({ written: written && writtenMessage(written) }),
  };
}

function writtenMessage({ files, truncated }: WrittenFiles): MessageInitShape<typeof WrittenFilesSchema> {
  return {
    files: files.map(({ path, deleted, sizeBytes, changeTime }) => ({
      path,
      deleted,
      sizeBytes: toUint64(sizeBytes),
      ...present({ changeTime: optionalTimestampToProto(changeTime) }),
    })),
    truncated,
  };
}
