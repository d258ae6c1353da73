import type { Warning } from "../domain/instance.ts";
import type { Explanation, Layer } from "./api.ts";
import type { GenerationPreview } from "./generation-store.ts";
import type { HostContext } from "./host-context.ts";
import { planGeneration, warningsFor } from "./plan-generation.ts";

/** What the next start would run. See InstanceService.ExplainInstance. */
export async function explainInstance(context: HostContext, name: string): Promise<Explanation> {
  const { record } = context.registry.entry(name);
  const preview = await context.generations.preview(name, await planGeneration(context, record.spec));
  return explainPreview(preview, [...warningsFor(context, name, record.spec), ...preview.warnings]);
}

/** The explanation of a generation that may not be published. */
export function explainPreview(preview: GenerationPreview, warnings: readonly Warning[]): Explanation {
  const none = { overlayRef: "", buildId: "", version: "" };
  const layers: Layer[] = [
    { ...none, kind: "UPPER" },
    { ...none, kind: "CONFIGURATION" },
    ...preview.overlays.map(({ ref, version }): Layer => ({ ...none, kind: "OVERLAY", overlayRef: ref, version })),
  ];
  if (preview.buildId !== "") layers.push({ ...none, kind: "BUILD", buildId: preview.buildId });
  const [serverCfg, ...exposed] = preview.configs;
  const configs = serverCfg === undefined ? [] : [serverCfg, ...exposed.toReversed()]; // executed from the lowest overlay up
  return { layers, argv: preview.argv, configs, warnings };
}
