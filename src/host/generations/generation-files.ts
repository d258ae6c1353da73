import { chmod, lchown, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { cfgDirectory } from "../../domain/server-cfg.ts";
import { isPlatforms, readJsonFile, stateDamaged } from "../files/durable-file.ts";
import { directoryMode, fileMode, type TreeOwner } from "../files/tree-owner.ts";
import type { GenerationContent } from "./generation-plan.ts";

/**
 * The files of a generation:
 *   layer/            the configuration layer: generated and exposed cfg files below left4dead2/cfg
 *   argv              the argument vector, each element followed by NUL
 *   layers            the lower directories, the top first, one a line, relative to the root
 *   generation.json   what the generation was made from
 */
const files = { layer: "layer", argv: "argv", layers: "layers", facts: "generation.json" } as const;

const factsSchema = z.object({
  schema: z.literal(1),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  number: z.number().int().min(1),
  port: z.number().int().min(1).max(65535),
  buildId: z.string(),
  overlays: z.array(z.object({ ref: z.string(), version: z.string() })),
  exposed: z.array(z.string()),
});

/** generation.json. */
export type GenerationFacts = Omit<z.output<typeof factsSchema>, "schema">;

/** What the files of a generation say. */
export type StoredGeneration = GenerationFacts & {
  readonly argv: readonly string[];
  /** Relative to the root, the top first. */
  readonly layers: readonly string[];
  readonly serverCfg: string;
};

/** Writes the files into `directory`, which is made. Not yet durable. */
export async function writeGeneration(
  directory: string,
  facts: GenerationFacts,
  layers: readonly string[],
  content: GenerationContent,
  owner: TreeOwner | undefined,
): Promise<void> {
  await makeDirectory(directory, undefined);
  for (const part of ancestry(`${files.layer}/${cfgDirectory}`)) await makeDirectory(join(directory, part), owner);
  for (const config of content.configs) await writeNew(join(directory, files.layer, config.path), config.content, owner);
  await writeNew(join(directory, files.argv), content.argv.map((element) => `${element}\0`).join(""), undefined);
  await writeNew(join(directory, files.layers), layers.map((layer) => `${layer}\n`).join(""), undefined);
  await writeNew(join(directory, files.facts), `${JSON.stringify({ schema: 1, ...facts })}\n`, undefined);
}

/** The directory of the configuration layer. @param directory the generation's */
export function layerOf(directory: string): string {
  return join(directory, files.layer);
}

/** @returns undefined when there is no such generation @throws HostError STATE_DAMAGED */
export async function readGeneration(directory: string): Promise<StoredGeneration | undefined> {
  const facts = await readJsonFile(join(directory, files.facts), factsSchema);
  if (facts === undefined) return undefined;
  try {
    const [argv, layers, serverCfg] = await Promise.all([
      readFile(join(directory, files.argv), "utf8"),
      readFile(join(directory, files.layers), "utf8"),
      readFile(join(layerOf(directory), cfgDirectory, "server.cfg"), "utf8"),
    ]);
    return { ...facts, argv: argv.split("\0").slice(0, -1), layers: layers.split("\n").slice(0, -1), serverCfg };
  } catch (error) {
    throw isPlatforms(error) ? error : stateDamaged(directory, error);
  }
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
function ancestry(path: string): string[] {
  return path === "." ? [] : [...ancestry(dirname(path)), path];
}

async function makeDirectory(path: string, owner: TreeOwner | undefined): Promise<void> {
  await mkdir(path);
  await chmod(path, directoryMode);
  if (owner !== undefined) await lchown(path, owner.uid, owner.gid);
}

async function writeNew(path: string, data: string | Uint8Array, owner: TreeOwner | undefined): Promise<void> {
  await writeFile(path, data, { flag: "wx" });
  await chmod(path, fileMode(false));
  if (owner !== undefined) await lchown(path, owner.uid, owner.gid);
}
