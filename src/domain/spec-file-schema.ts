import { z } from "zod";
import { instanceSpecSchema, labelsSchema } from "./instance-spec.ts";

const { port, overlays, arguments: argumentList, config, preserve, resources, volatile } = instanceSpecSchema.shape;
const { ref, alias } = overlays.unwrap().element.shape;
const { tasksMax, nice } = resources.unwrap().shape;

const text = z.union([z.string(), z.number(), z.boolean()]).describe("Taken as it is written.");
const size = z
  .union([z.int().min(1), z.string().regex(/^\d+(\.\d+)?[KMGT]?$/)])
  .describe("Bytes, or a number with K, M, G or T (powers of 1024).");

/** The shape of a specification file, for editors. `parseSpecFile` is the judge: it says more, and in words. */
const specFileSchema = z.object({
  port: port.describe("The game and query port (UDP); RCON listens on the TCP port of the same number."),
  overlays: z
    .array(z.union([ref, z.object({ path: ref, alias })]))
    .max(100)
    .optional()
    .describe("Stacked over the game, the first with the highest precedence. An alias has the overlay's own server.cfg executed."),
  arguments: z
    .array(text)
    .max(maximumOf(argumentList))
    .optional()
    .describe("Arguments for the game; one item is one argument, never split."),
  config: z.array(text).max(maximumOf(config)).optional().describe("Lines of server.cfg, verbatim; they come last and win."),
  labels: labelsSchema.optional().describe("Marks for filters."),
  preserve: z
    .array(z.string())
    .max(maximumOf(preserve))
    .optional()
    .describe("Files that a reset keeps, as patterns relative to the game directory."),
  resources: z
    .object({
      memory_high: size.optional(),
      memory_max: size.optional(),
      tasks_max: tasksMax,
      cpu_quota: z.union([z.int(), z.string()]).optional().describe("Percent of one CPU, e.g. 150%."),
      nice,
    })
    .optional(),
  volatile: volatile.unwrap().optional().describe("Faster stops; what the game wrote may be lost with the power."),
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
