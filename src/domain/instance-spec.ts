import { z } from "zod";
import { type FieldViolation, HostError } from "./host-error.ts";
import { overlayRefProblem } from "./overlay-ref.ts";

const line = (what: string) =>
  z
    .string()
    .refine((text) => !/[\0\r\n]/.test(text), `${what} holds a NUL, CR or LF`)
    .refine((text) => text.isWellFormed(), `${what} holds half of a surrogate pair, which is no character`)
    .refine((text) => Buffer.byteLength(text) <= 4096, `${what} is longer than 4096 bytes`);

const ref = z.string().superRefine((text, context) => {
  const problem = overlayRefProblem(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: `the reference ${problem}` });
});

const alias = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, "an alias is 1 to 32 characters of a-z, 0-9, _ and -, beginning with a letter or digit");

const overlay = z.strictObject({ ref, alias: alias.optional() });

const preservePattern = line("a pattern")
  .refine((glob) => glob !== "" && !glob.startsWith("/"), "a pattern is relative to the game directory")
  .refine((glob) => !glob.split("/").includes(".."), 'a pattern has no ".." component')
  .refine((glob) => Buffer.byteLength(glob) <= 1024, "a pattern is longer than 1024 bytes");

const bytes = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

const resources = z
  .strictObject({
    memoryHighBytes: bytes.optional(),
    memoryMaxBytes: bytes.optional(),
    tasksMax: z.number().int().min(1).max(65536).optional(),
    cpuQuotaPercent: z.number().int().min(1).max(102400).optional(),
    nice: z.number().int().min(-20).max(19).optional(),
  })
  .refine(
    (value) => value.memoryHighBytes === undefined || value.memoryMaxBytes === undefined || value.memoryHighBytes <= value.memoryMaxBytes,
    { path: ["memoryHighBytes"], message: "is above memory_max_bytes" },
  );

/** The one schema behind the specification file, the contract's InstanceSpec and the published JSON Schema. */
export const instanceSpecSchema = z
  .strictObject({
    port: z.number().int("must be a whole number").min(1, "must be 1 to 65535").max(65535, "must be 1 to 65535"),
    overlays: z.array(overlay).max(100, "at most 100 overlays").default([]),
    arguments: z.array(line("an argument")).max(256, "at most 256 arguments").default([]),
    config: z.array(line("a configuration line")).max(4096, "at most 4096 lines").default([]),
    preserve: z.array(preservePattern).max(64, "at most 64 patterns").default([]),
    resources: resources.default({}),
    volatile: z.boolean().default(false),
  })
  .superRefine((spec, context) => {
    for (const [index, problem] of repeatedOverlays(spec.overlays)) {
      context.addIssue({ code: "custom", path: ["overlays", index], message: problem });
    }
    if (spec.volatile && spec.preserve.length > 0) {
      context.addIssue({ code: "custom", path: ["volatile"], message: "cannot be combined with preserve" });
    }
  });

/** What a user asks for. Lists are complete: defaults are filled in. */
export type InstanceSpec = z.output<typeof instanceSpecSchema>;
/** The same before defaults are filled in. */
export type InstanceSpecInput = z.input<typeof instanceSpecSchema>;
/** An overlay that a specification names; `alias`: exposes its server.cfg as `server_<alias>.cfg`. */
export type OverlayReference = InstanceSpec["overlays"][number];

/** An instance's labels: at most 64, for people and programs to select instances by; the host gives them no meaning. */
export const labelsSchema = z
  .record(
    z
      .string()
      .regex(
        /^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/,
        "a label's key is 1 to 63 characters of a-z 0-9 . _ / -, beginning and ending with a letter or digit",
      ),
    z.string().regex(/^[A-Za-z0-9._-]{0,63}$/, "a label's value is at most 63 characters of A-Z a-z 0-9 . _ -"),
  )
  .refine((labels) => Object.keys(labels).length <= 64, "at most 64 labels");

export type Labels = z.output<typeof labelsSchema>;

/** Returns spec and labels with defaults filled in, or throws INVALID_SPEC with every violation. */
export function parseInstanceSpec(spec: unknown, labels: unknown = {}): { spec: InstanceSpec; labels: Labels } {
  const parsedSpec = instanceSpecSchema.safeParse(spec);
  const parsedLabels = labelsSchema.safeParse(labels);
  if (parsedSpec.success && parsedLabels.success) return { spec: parsedSpec.data, labels: parsedLabels.data };
  throw invalidSpec([...violationsOf("spec", parsedSpec.error), ...violationsOf("labels", parsedLabels.error)]);
}

/** What is said of a field that must be there and is not. */
export const requiredText = "is required";

/** The error for a specification that cannot be used. */
export function invalidSpec(violations: readonly FieldViolation[]): HostError {
  const text = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  return new HostError("INVALID_SPEC", `the specification cannot be used: ${text}`, {
    metadata: { violations: String(violations.length) },
    violations,
  });
}

function violationsOf(root: string, error: z.ZodError | undefined): FieldViolation[] {
  return (error?.issues ?? []).flatMap((issue) => {
    const field = fieldPath(root, issue.path);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ field: fieldPath(root, [...issue.path, key]), description: "is not a known key" }));
    }
    if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ field, description: message }));
    const missing = issue.code === "invalid_type" && issue.input === undefined && issue.message.includes("undefined");
    return [{ field, description: missing ? requiredText : issue.message }];
  });
}

/** `spec.overlays[1].ref`, `spec.resources.memory_max_bytes`: the contract's names; a label's key is the user's own. */
function fieldPath(root: string, path: readonly PropertyKey[]): string {
  let text = root;
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `.${root === "labels" ? String(part) : String(part).replace(/[A-Z]/g, (upper) => `_${upper.toLowerCase()}`)}`;
  }
  return text;
}

function* repeatedOverlays(overlays: readonly { ref: string; alias?: string | undefined }[]): Generator<[number, string]> {
  const refs = new Set<string>();
  const aliases = new Set<string>();
  for (const [index, overlay] of overlays.entries()) {
    if (refs.has(overlay.ref)) yield [index, `repeats the overlay "${overlay.ref}"`];
    if (overlay.alias !== undefined && aliases.has(overlay.alias)) yield [index, `repeats the alias "${overlay.alias}"`];
    refs.add(overlay.ref);
    if (overlay.alias !== undefined) aliases.add(overlay.alias);
  }
}
