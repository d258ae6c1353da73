import type { MessageInitShape } from "@bufbuild/protobuf";
import { enumTable } from "../convert/enum-table.ts";
import { warningToProto } from "../convert/warning.ts";
import { type ExplanationSchema, LayerKind } from "../gen/left4me/host/v1/explanation_pb.ts";
import type { Explanation, Layer } from "../host/api.ts";

const layerKinds = enumTable<Layer["kind"]>()("LayerKind", LayerKind);

/** An explanation as the contract shows it. */
export function explanationMessage({ layers, argv, configs, warnings }: Explanation): MessageInitShape<typeof ExplanationSchema> {
  return {
    layers: layers.map(({ kind, ...same }) => ({ kind: layerKinds.toProto(kind), ...same })),
    argv: [...argv],
    configs: configs.map(({ path, content, overlayRef }) => ({ path, content: new Uint8Array(content), overlayRef })),
    warnings: warnings.map(warningToProto),
  };
}
