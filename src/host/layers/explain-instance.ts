import type { Explanation, Layer } from "../api.ts";
import type { GenerationInput, GenerationPreview } from "../generations/generation-store.ts";
import { planGeneration, warningsFor } from "../generations/plan-generation.ts";
import type { HostContext } from "../host-context.ts";
import { identityOf } from "../instances/instance-entry.ts";
import { orAborted } from "../or-aborted.ts";
import { withWritten } from "./file-origins.ts";
import { surveyLayers } from "./survey-layers.ts";

/** What the next start would run. See InstanceService.ExplainInstance. */
export async function explainInstance(context: HostContext, name: string, signal: AbortSignal): Promise<Explanation> {
  const { record } = context.registry.entry(name);
  const input = await planGeneration(context, record.spec);
  return explainPreview(context, { name, input, preview: await context.generations.preview(name, input) }, signal);
}

/** A generation that may not be published, and what it would be made from. */
export type PlannedGeneration = { readonly name: string; readonly input: GenerationInput; readonly preview: GenerationPreview };

/** The explanation of a planned generation. Looks at its layers, so that it is nothing for a start. @throws the signal's reason */
export async function explainPreview(
  context: HostContext,
  { name, input, preview }: PlannedGeneration,
  signal: AbortSignal,
): Promise<Explanation> {
  const ended = AbortSignal.any([signal, context.closing]);
  ended.throwIfAborted();
  const survey = await orAborted(
    context.surveys.take(() => surveyLayers(context, input, preview, ended)),
    ended,
  );
  const entry = context.registry.find(name);
  const written = entry === undefined ? undefined : await context.driver.written?.(identityOf(entry), ended);
  const managed = preview.configs.map(({ path }) => path);
  return {
    layers: layersOf(preview),
    argv: preview.argv,
    configs: inOrderOfExecution(preview),
    warnings: [...warningsFor(context, name, input.spec), ...preview.warnings, ...survey.warnings],
    files: withWritten(survey.files, written, managed),
    filesTruncated: survey.filesTruncated,
    ...(written === undefined ? {} : { written }),
  };
}

function layersOf({ overlays, buildId }: GenerationPreview): Layer[] {
  const none = { overlayRef: "", buildId: "", version: "" };
  const layers: Layer[] = [
    { ...none, kind: "UPPER" },
    { ...none, kind: "CONFIGURATION" },
    ...overlays.map(({ ref, version }): Layer => ({ ...none, kind: "OVERLAY", overlayRef: ref, version })),
  ];
  return buildId === "" ? layers : [...layers, { ...none, kind: "BUILD", buildId }];
}

/** From the lowest overlay up, behind server.cfg, which executes them. */
function inOrderOfExecution({ configs: [serverCfg, ...exposed] }: GenerationPreview): Explanation["configs"] {
  return serverCfg === undefined ? [] : [serverCfg, ...exposed.toReversed()];
}
