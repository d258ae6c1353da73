import { readFileSync } from "node:fs";
import { join } from "node:path";
import { specFileJsonSchema } from "../../src/domain/spec-file-schema.ts";
import { example, type ManPage, terms, text } from "./man-page.ts";

/** What the page tells of a JSON Schema. */
type Schema = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
};

/** left4me-host.yaml(5), from the schema that editors use. */
export function specPage(): ManPage {
  const sample = readFileSync(join(import.meta.dirname, "../../examples/specs/versus.yaml"), "utf8");
  return {
    name: "left4me-host.yaml",
    section: 5,
    purpose: "specification of a Left 4 Dead 2 game server",
    sections: [
      {
        title: "DESCRIPTION",
        blocks: [
          text(
            "One YAML 1.2 document in UTF-8, of at most 1 MiB, whatever its name. `l4d2ctl initialize NAME -f FILE` creates an instance from it or replaces its specification; a running game takes it up when it is restarted. With `--validate-only` everything is checked and nothing changed.",
          ),
          text(
            "A key that is not below is ignored with a warning, and refused with `--strict`. Whatever cannot be used is told with its line and column.",
          ),
        ],
      },
      { title: "KEYS", blocks: terms(fieldRows("", specFileJsonSchema() as Schema)) },
      {
        title: "FILES",
        blocks: terms([
          ["/usr/share/left4me-host/instance-spec.schema.json", "the same as JSON Schema (draft 2020-12), for editors"],
          ["/usr/share/doc/left4me-host/examples/instance.yaml", "one to begin with"],
        ]),
      },
      { title: "EXAMPLES", blocks: [example(...sample.trimEnd().split("\n"))] },
      { title: "SEE ALSO", blocks: [text("l4d2ctl(1), left4me-hostd(8)")] },
    ],
  };
}

/** A key and the keys below it: `resources.nice`, `overlays[].alias`. */
function fieldRows(path: string, schema: Schema): [string, string][] {
  const own: [string, string][] = path === "" ? [] : [[path, `${schema.description ?? ""} ${facts(schema)}`.trim()]];
  const members = Object.entries(schema.properties ?? {}).flatMap(([key, member]) =>
    fieldRows(path === "" ? key : `${path}.${key}`, {
      ...member,
      description: `${member.description ?? ""}${schema.required?.includes(key) === true ? " Required." : ""}`,
    }),
  );
  const items = schema.items?.anyOf?.filter(({ properties }) => properties !== undefined) ?? [];
  return [...own, ...members, ...items.flatMap((item) => fieldRows(`${path}[]`, item).slice(1))];
}

/** Type, range and default. */
function facts({ type, minimum, maximum, maxItems, pattern, anyOf, default: standard }: Schema): string {
  const parts = [
    typeof type === "string" ? (kinds[type] ?? type) : anyOf === undefined ? "" : "number or text",
    minimum === undefined || maximum === undefined ? "" : `${minimum} to ${maximum}`,
    maxItems === undefined ? "" : `at most ${maxItems} items`,
    pattern === undefined ? "" : `matches ${pattern}`,
    standard === undefined ? "" : `default ${JSON.stringify(standard)}`,
  ];
  return `(${parts.filter((part) => part !== "").join("; ")})`;
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  array: "list",
  object: "mapping",
  boolean: "true or false",
};
