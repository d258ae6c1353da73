import { z } from "zod";
import { instanceSpecSchema, labelsSchema } from "./instance-spec.ts";

const { port, overlays, arguments: argumentList, config, preserve, resources, volatile } = instanceSpecSchema.shape;
const { ref, alias } = overlays.unwrap().element.shape;
const { tasksMax, nice } = resources.unwrap().shape;

const text = z.union([z.string(), z.number(), z.boolean()]).describe("Taken as it is written: 1.10 and yes are texts.");
const size = (description: string) =>
  z
    .union([z.int().min(1), z.string().regex(/^\d+(\.\d+)? ?[KMGT]?(iB)?$/)])
    .optional()
    .describe(`${description} Bytes, or a number with K, M, G or T (powers of 1024), such as 1.5G.`);

const reference = ref.describe(
  'The overlay\'s reference, such as standard or users/42/custom: one to eight components, each 1 to 64 characters of A-Z a-z 0-9 @ % + = . _ and -; "." and ".." are none.',
);

const overlayItem = z.union([
  reference,
  z.object({
    path: reference,
    alias: alias
      .optional()
      .describe(
        "Exposes the overlay's own server.cfg as server_ALIAS.cfg, which the generated server.cfg executes. Unique within the file. Without it that server.cfg is hidden.",
      ),
  }),
]);

const resourceLimits = z
  .object({
    memory_high: size("Memory above which the kernel reclaims and slows the game down. Not above memory_max. Without it: 1536M."),
    memory_max: size("Memory above which the kernel kills the game. Without it: 2G."),
    tasks_max: tasksMax.describe("Number of processes and threads. Without it: 256."),
    cpu_quota: z
      .union([z.int().min(1).max(102400), z.string().regex(/^\d+ ?%?$/)])
      .optional()
      .describe("Percent of one CPU, 1 to 102400: 150% is one and a half cores. Without it: no limit."),
    nice: nice.describe("Scheduling priority; -20 comes first. Without it: -5."),
  })
  .default({})
  .describe(
    "Limits for the game's processes. Those of the systemd driver hold; `l4d2ctl host` says which limits a host enforces. The defaults are those of left4me-server@.service.",
  );

/** The shape of a specification file, for editors and left4me-host.yaml(5). `parseSpecFile` is the judge: it says more, and in words. */
const specFileSchema = z.object({
  port: port.describe(
    "The game and query port (UDP); RCON listens on the TCP port of the same number. Each running instance needs its own.",
  ),
  overlays: z
    .array(overlayItem)
    .max(maximumOf(overlays))
    .default([])
    .describe(
      "Overlays that are stacked over the game, the first with the highest precedence: its files hide those of all behind it. An item is a reference, or a mapping of path and alias.",
    ),
  arguments: z
    .array(text)
    .max(maximumOf(argumentList))
    .default([])
    .describe(
      "Arguments for the game, behind those of the host; one item is one argument, never split into words. Each at most 4096 bytes, without NUL and line breaks.",
    ),
  config: z
    .array(text)
    .max(maximumOf(config))
    .default([])
    .describe(
      "Lines of server.cfg, verbatim. They come behind the exec lines of overlays with an alias, and so they win. Each at most 4096 bytes, without NUL and line breaks.",
    ),
  labels: labelsSchema
    .default({})
    .describe(
      "Marks for filters, at most 64. A key is 1 to 63 characters of a-z 0-9 . _ / and -, beginning and ending with a letter or digit; a value is at most 63 of A-Z a-z 0-9 . _ and -.",
    ),
  preserve: z
    .array(z.string())
    .max(maximumOf(preserve))
    .default([])
    .describe(
      "Files that a reset keeps, as patterns relative to the game directory: * and ? within a name, [a-c] and [!a-c], ** over directories. Each at most 1024 bytes, without .. components. Not together with volatile.",
    ),
  resources: resourceLimits,
  volatile: volatile.describe(
    "Trades safety for faster stops: what the game wrote may be lost with the power, and is then discarded as a whole. Not together with preserve.",
  ),
});

/** JSON Schema (draft 2020-12) of the specification file; published as docs/reference/instance-spec.schema.json. */
export function specFileJsonSchema(): object {
  const schema = z.toJSONSchema(specFileSchema, { io: "input", unrepresentable: "any" });
  return { title: "Specification of a left4me instance", ...schema };
}

function maximumOf(list: z.ZodDefault<z.ZodArray>): number {
  const maximum = list
    .unwrap()
    .def.checks?.map((check) => check._zod.def)
    .find((definition) => definition.check === "max_length");
  return (maximum as { maximum?: number } | undefined)?.maximum ?? Number.MAX_SAFE_INTEGER;
}
