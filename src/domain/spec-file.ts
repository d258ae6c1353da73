import { isMap, type Node } from "yaml";
import { HostError } from "./host-error.ts";
import type { Warning } from "./instance.ts";
import { type InstanceSpec, invalidSpec, type Labels, parseInstanceSpec, requiredText } from "./instance-spec.ts";
import { type Reading, YamlReader } from "./yaml-reader.ts";

/** Options of {@link parseSpecFile}. */
export type SpecFileOptions = {
  /** Refuses unknown keys instead of warning of them. Default: false. */
  readonly strict?: boolean;
};

/** What a specification file says. */
export type SpecFile = {
  readonly spec: InstanceSpec;
  readonly labels: Labels;
  /** UNKNOWN_KEY, one for each key that was ignored (the first 50). */
  readonly warnings: readonly Warning[];
};

/** Largest specification file, in bytes. */
export const maximumSpecFileBytes = 1024 * 1024;

const topKeys = ["port", "overlays", "arguments", "config", "labels", "preserve", "resources", "volatile"] as const;
const overlayKeys = ["path", "alias"] as const;
const resourceKeys = ["memory_high", "memory_max", "tasks_max", "cpu_quota", "nice"] as const;
const maximumReported = 50;

/**
 * Reads a specification file: one YAML 1.2 document of at most 1 MiB, whose keys are written in snake_case.
 *
 * Texts (arguments, configuration lines, overlays, patterns, labels) are taken as they are written: `- 1.10` is the text
 * `1.10`, `- yes` is `yes`, `- 0x10` is `0x10`. Sizes are bytes or a number with K, M, G or T (powers of 1024). An alias
 * (`*name`) stands for what its anchor holds.
 * @throws HostError INVALID_SPEC with every violation (the first 50), each with its line and column
 */
export function parseSpecFile(source: string | Uint8Array, options: SpecFileOptions = {}): SpecFile {
  const reader = new YamlReader(textOf(source), options.strict ?? false);
  if (reader.root === undefined) {
    if (reader.violations.length === 0) reader.violate("spec", "the file is empty; it needs at least `port: 27015`");
    throw failure(reader);
  }
  const fields = reader.fields(reader.root, "spec", topKeys);
  // What is no mapping lacks every key: once is enough.
  if (!isMap(reader.root)) throw failure(reader);
  const spec = readSpec(reader, fields);
  const labels = readLabels(reader, fields.get("labels"));
  return { ...checked(reader, spec, labels), warnings: reader.warnings };
}

function textOf(source: string | Uint8Array): string {
  const bytes = typeof source === "string" ? Buffer.byteLength(source) : source.byteLength;
  if (bytes > maximumSpecFileBytes) {
    throw invalidSpec([{ field: "spec", description: `the file has more than ${maximumSpecFileBytes} bytes` }]);
  }
  if (typeof source === "string") return source;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(source);
  } catch {
    throw invalidSpec([{ field: "spec", description: "the file is not UTF-8 text" }]);
  }
}

function readSpec(reader: YamlReader, fields: ReadonlyMap<string, Node>): object {
  const read = <T>(key: string, reading: Reading<T>) => reader.read(fields.get(key), `spec.${key}`, reading);
  const texts: Reading<string[]> = (node, field) => reader.list(node, field, reader.text, () => "-");
  return definedOnly({
    port: read("port", reader.number),
    overlays: read("overlays", (list, field) =>
      reader.list(
        list,
        field,
        (node, item) => readOverlay(reader, node, item),
        (index) => ({ ref: `-/${index}` }),
      ),
    ),
    arguments: read("arguments", texts),
    config: read("config", texts),
    preserve: read("preserve", texts),
    resources: read("resources", (node, field) => readResources(reader, node, field)),
    volatile: read("volatile", reader.boolean),
  });
}

function readOverlay(reader: YamlReader, node: Node, field: string): { ref: string; alias?: string } | undefined {
  const fields = isMap(reader.resolve(node, field)) ? reader.fields(node, field, overlayKeys) : new Map([["path", node]]);
  const refNode = fields.get("path");
  if (refNode === undefined) return reader.missing(`${field}.ref`, "is missing: { path: …, alias: … }", node.range?.[0], `${field}.path`);
  const ref = reader.read(refNode, `${field}.ref`, reader.text, "refuse empty");
  const alias = reader.read(fields.get("alias"), `${field}.alias`, reader.text);
  return ref === undefined ? undefined : { ref, ...(alias === undefined ? {} : { alias }) };
}

function readResources(reader: YamlReader, node: Node, field: string): object {
  const fields = reader.fields(node, field, resourceKeys);
  const read = (key: string, name: string, reading: Reading<number>) => reader.read(fields.get(key), `${field}.${name}`, reading);
  return definedOnly({
    memoryHighBytes: read("memory_high", "memory_high_bytes", reader.size),
    memoryMaxBytes: read("memory_max", "memory_max_bytes", reader.size),
    tasksMax: read("tasks_max", "tasks_max", reader.number),
    cpuQuotaPercent: read("cpu_quota", "cpu_quota_percent", reader.percent),
    nice: read("nice", "nice", reader.number),
  });
}

function readLabels(reader: YamlReader, node: Node | undefined): Record<string, string> {
  const entries = reader.read(node, "labels", (value, field) => reader.entries(value, field)) ?? [];
  const labels = entries.map(([key, value]) => [key, reader.read(value, `labels.${key}`, reader.text, "refuse empty")] as const);
  return definedOnly(Object.fromEntries(labels)) as Record<string, string>;
}

/** Fills in the defaults and adds what the schema finds, where the reader has not complained already. */
function checked(reader: YamlReader, spec: object, labels: Record<string, string>): { spec: InstanceSpec; labels: Labels } {
  const complained = new Set(reader.violations.map(({ field }) => field));
  try {
    const parsed = parseInstanceSpec(spec, labels);
    if (complained.size === 0) return parsed;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    for (const { field, description } of error.violations) {
      if (complained.has(field)) continue;
      if (description === requiredText) reader.missing(field, description);
      else reader.violate(field, description);
    }
  }
  throw failure(reader);
}

function failure(reader: YamlReader): HostError {
  const rest = reader.violations.length - maximumReported;
  if (rest <= 0) return invalidSpec(reader.violations);
  return invalidSpec([...reader.violations.slice(0, maximumReported), { field: "spec", description: `and ${rest} more` }]);
}

function definedOnly(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
