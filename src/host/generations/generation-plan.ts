import { createHash } from "node:crypto";
import { relative } from "node:path";
import { canonicalJson } from "../../domain/etag.ts";
import { gameArgv } from "../../domain/game-argv.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import type { Warning } from "../../domain/instance.ts";
import type { InstanceSpec } from "../../domain/instance-spec.ts";
import { cfgDirectory, exposedCfgName, serverCfg } from "../../domain/server-cfg.ts";
import type { ConfigFile } from "../api.ts";
import { readBeneath } from "../files/read-beneath.ts";
import type { ResolvedOverlay } from "../overlays/overlay-store.ts";

/** What a generation is made from, as it is now. */
export type GenerationInput = {
  readonly spec: InstanceSpec;
  /** One for each of `spec.overlays`, in the same order: the first is the highest. */
  readonly overlays: readonly ResolvedOverlay[];
  /** "" when no build is active. */
  readonly buildId: string;
  /** Absolute, the top first. */
  readonly buildLayers: readonly string[];
};

/** What a generation holds, computed without writing anything. */
export type GenerationContent = {
  readonly buildId: string;
  readonly overlays: readonly Pick<ResolvedOverlay, "ref" | "version">[];
  readonly argv: readonly string[];
  /** The content of the generated server.cfg. */
  readonly serverCfg: string;
  /** The aliases that it executes, in the order of the specification. */
  readonly exposed: readonly string[];
  /** server.cfg, then the exposed copies; paths relative to the game directory. */
  readonly configs: readonly ConfigFile[];
  /** NO_SERVER_CFG for an alias that cannot be exposed. */
  readonly warnings: readonly Warning[];
  /** Of everything above and of the layers: equal digests need no new generation. */
  readonly digest: string;
};

const mainCfg = "server.cfg";
const largestCfg = 1024 * 1024;

/** Reads the exposed configuration files and computes everything else. */
export async function planContent(layout: HostLayout, input: GenerationInput): Promise<GenerationContent> {
  const { spec, buildId } = input;
  const copies = await exposedCopies(layout, input);
  const exposed = copies.flatMap((copy) => (copy.config === undefined ? [] : [copy.alias]));
  const text = serverCfg(spec, exposed);
  const main: ConfigFile = { path: `${cfgDirectory}/${mainCfg}`, content: Buffer.from(text), overlayRef: "" };
  const configs = [main, ...copies.flatMap(({ config }) => config ?? [])];
  const overlays = input.overlays.map(({ ref, version }) => ({ ref, version }));
  const argv = gameArgv(spec);
  const facts = {
    spec,
    buildId,
    overlays,
    argv,
    layers: lowerLayers(layout, input),
    configs: configs.map(({ path, content }) => [path, sha256(content)]),
  };
  return {
    buildId,
    overlays,
    argv,
    serverCfg: text,
    exposed,
    configs,
    warnings: copies.flatMap(({ warning }) => warning ?? []),
    digest: sha256(canonicalJson(facts)),
  };
}

/** The layers below the generation's own, the top first, relative to the root. */
export function lowerLayers(layout: HostLayout, { overlays, buildLayers }: GenerationInput): string[] {
  return [...overlays.map(({ directory }) => directory), ...buildLayers].map((path) => relative(layout.root, path));
}

type Copy = { readonly alias: string; readonly config?: ConfigFile; readonly warning?: Warning };

async function exposedCopies(layout: HostLayout, { spec, overlays }: GenerationInput): Promise<Copy[]> {
  const copies: Copy[] = [];
  for (const [index, { alias }] of spec.overlays.entries()) {
    const overlay = overlays[index];
    if (alias !== undefined && overlay !== undefined)
      copies.push(await exposedCopy(layout, alias, overlay, `spec.overlays[${index}].alias`));
  }
  return copies;
}

/**
 * The root is what is trusted: an overlay put there by hand may be rewritten by others at any moment.
 */
async function exposedCopy(layout: HostLayout, alias: string, { ref, directory }: ResolvedOverlay, field: string): Promise<Copy> {
  const file = await readBeneath(layout.root, relative(layout.root, directory), `${cfgDirectory}/${mainCfg}`, largestCfg);
  if (file.type === "content")
    return { alias, config: { path: `${cfgDirectory}/${exposedCfgName(alias)}`, content: file.content, overlayRef: ref } };
  const problem = file.type === "missing" ? `has no ${cfgDirectory}/${mainCfg}` : `has a ${cfgDirectory}/${mainCfg} that ${file.problem}`;
  return {
    alias,
    warning: { code: "NO_SERVER_CFG", message: `the overlay "${ref}" ${problem}; its alias "${alias}" executes nothing`, field },
  };
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
