import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import type { FieldViolation } from "./host-error.ts";
import type { Warning } from "./instance.ts";
import { nearestKey } from "./nearest-key.ts";

/** Reads one value. Complains to the reader and returns undefined when it is not what it should be. */
export type Reading<T> = (node: Node, field: string) => T | undefined;

/** Each look-up of an anchor searches the document: a file of nothing but aliases would take minutes. */
const maximumAliases = 64;
const maximumWarnings = 50;

/**
 * Reads a YAML 1.2 document by the keys that are asked for, and collects what is wrong with it.
 *
 * It walks the syntax tree instead of converting it: texts keep the form in which they are written, complaints know
 * their line and column, and aliases are followed where a value is asked for but never multiplied. A field's name is a
 * path in the words of the contract, such as `spec.overlays[1].ref`.
 */
export class YamlReader {
  /** The root of the document; undefined when it is empty or not valid (see {@link violations}). */
  readonly root: Node | undefined;
  readonly violations: FieldViolation[] = [];
  /** UNKNOWN_KEY: keys that were ignored, the first 50. */
  readonly warnings: Warning[] = [];
  readonly #document;
  readonly #strict: boolean;
  readonly #lines = new LineCounter();
  /** Where the value of a field stands: offsets by the field's name. */
  readonly #offsets = new Map<string, number>();
  /** What has been complained of where: each problem is told once, however many readings meet it. */
  readonly #complaints = new Set<string>();
  /** Unknown keys that were ignored, by the field that each was probably meant for. */
  readonly #misspelt = new Map<string, string>();
  #aliases = 0;

  /** @param strict refuses unknown keys instead of warning of them */
  constructor(text: string, strict: boolean) {
    this.#strict = strict;
    // uniqueKeys compares every key with every other: a large file would take minutes. #entries sees to it instead.
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: false, logLevel: "error" });
    const problems = [...this.#document.errors, ...this.#document.warnings];
    // After the parser gave up over the depth it complains of every bracket.
    const tooDeep = problems.filter(({ code }) => code === "RESOURCE_EXHAUSTION").slice(0, 1);
    const told = tooDeep.length > 0 ? tooDeep : this.#firstOfEachLine(problems);
    for (const { code, message, pos } of told) this.violate("spec", yamlProblem(code, message), pos[0]);
    this.root = problems.length > 0 ? undefined : (this.#document.contents ?? undefined);
  }

  /** Complains of a field, at the offset or where its value was last read. */
  violate(field: string, description: string, offset = this.#offsets.get(field)): undefined {
    const complaint = `${field}@${offset ?? description}`;
    if (this.#complaints.has(complaint)) return;
    this.#complaints.add(complaint);
    this.violations.push({ field, description: `${description}${this.#where(offset)}` });
  }

  /** Complains of a key that must be there; names the ignored key that was probably meant to be it. @param key its field */
  missing(field: string, description: string, offset?: number, key = field): undefined {
    const found = this.#misspelt.get(key);
    return this.violate(field, found === undefined ? description : `${description}; ${found}`, offset);
  }

  /** Text as it is written: what YAML would read as a number or a boolean keeps its form. */
  readonly text: Reading<string> = (node, field) => {
    const target = this.resolve(node, field);
    if (target === undefined) return undefined;
    if (isScalar(target) && target.value !== null) return typeof target.value === "string" ? target.value : target.source;
    if (isMap(target))
      return this.#refuse(field, 'is a mapping, because of a colon with a space behind it or a brace: put the text in quotes ("…")', node);
    if (isSeq(target)) return this.#refuse(field, 'is a list: put the text in quotes ("…") if that was not meant', node);
    return this.#refuse(field, 'is empty: write "" if an empty text is meant', node);
  };

  readonly number: Reading<number> = (node, field) => {
    const value = this.#scalar(node, field);
    return typeof value === "number" ? value : this.#refuse(field, "must be a number without quotes", node);
  };

  readonly boolean: Reading<boolean> = (node, field) => {
    const value = this.#scalar(node, field);
    return typeof value === "boolean" ? value : this.#refuse(field, "must be true or false", node);
  };

  /** Bytes: a number, or a number with K, M, G or T behind it (powers of 1024, as systemd counts). */
  readonly size: Reading<number> = (node, field) => {
    const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([KMGT]?)(?:iB)?$/.exec(String(this.#scalar(node, field))) ?? [];
    if (digits !== undefined && unit !== undefined) return Math.round(Number(digits) * 1024 ** " KMGT".indexOf(unit || " "));
    return this.#refuse(field, "must be a number of bytes, or a number with K, M, G or T behind it (powers of 1024), such as 1.5G", node);
  };

  readonly percent: Reading<number> = (node, field) => {
    const [, digits] = /^(\d+) ?%?$/.exec(String(this.#scalar(node, field))) ?? [];
    return digits === undefined ? this.#refuse(field, "must be a whole percentage of one CPU, such as 150%", node) : Number(digits);
  };

  /** Reads an optional field. A key without a value (`config:`) counts as left out, unless that is refused. */
  read<T>(node: Node | undefined, field: string, reading: Reading<T>, empty?: "refuse empty"): T | undefined {
    if (node === undefined) return undefined;
    this.#remember(field, node);
    const target = this.resolve(node, field);
    return empty === undefined && isScalar(target) && target.value === null ? undefined : reading(node, field);
  }

  /** @param unread stands in for an item that was complained of, so that the others keep their indexes */
  list<T>(node: Node, field: string, reading: Reading<T>, unread: (index: number) => T): T[] | undefined {
    const target = this.resolve(node, field);
    if (!isSeq(target)) return this.#refuse(field, 'must be a list: one item a line, each behind "- "', node);
    return target.items.map((item, index) => {
      this.#remember(`${field}[${index}]`, item as Node);
      return reading(item as Node, `${field}[${index}]`) ?? unread(index);
    });
  }

  /** The known keys of a mapping. Unknown ones are warned of, or refused. */
  fields(node: Node, field: string, known: readonly string[]): Map<string, Node> {
    const fields = new Map<string, Node>();
    for (const [key, value, keyNode] of this.entries(node, field)) {
      if (known.includes(key)) fields.set(key, value);
      else this.#unknownKey(key, `${field}.${key}`, keyNode, known);
    }
    return fields;
  }

  /** The pairs of a mapping, whatever their keys; repeated keys are refused. */
  entries(node: Node, field: string): [key: string, value: Node, keyNode: Node][] {
    const map: YAMLMap | undefined = this.#map(node, field);
    const entries = new Map<string, [string, Node, Node]>();
    for (const pair of map?.items ?? []) {
      const keyNode = pair.key as Node;
      const key = isScalar(keyNode) && keyNode.value !== null ? (keyNode.source ?? String(keyNode.value)) : undefined;
      if (key === undefined) this.#refuse(field, "has a key that is not a plain text", keyNode);
      else if (entries.has(key)) this.#refuse(`${field}.${key}`, "is given twice", keyNode);
      else entries.set(key, [key, (pair.value ?? this.#document.createNode(null)) as Node, keyNode]);
    }
    return [...entries.values()];
  }

  /** What an alias stands for; other nodes stand for themselves. */
  resolve(node: Node, field: string): Node | undefined {
    if (!isAlias(node)) return node;
    this.#aliases += 1;
    if (this.#aliases <= maximumAliases)
      return node.resolve(this.#document) ?? this.#refuse(field, `the alias *${node.source} has no anchor`, node);
    if (this.#aliases === maximumAliases + 1) this.#refuse(field, `there are more than ${maximumAliases} aliases`, node);
    return undefined;
  }

  #map(node: Node, field: string): YAMLMap | undefined {
    const target = this.resolve(node, field);
    return isMap(target) ? target : this.#refuse(field, "must be a mapping of keys to values", node);
  }

  #scalar(node: Node, field: string): unknown {
    const target = this.resolve(node, field);
    return isScalar(target) ? target.value : undefined;
  }

  #unknownKey(key: string, field: string, node: Node, known: readonly string[]): void {
    const near = nearestKey(key, known);
    const advice = near === undefined ? `known keys: ${known.join(", ")}` : `did you mean "${near}"?`;
    if (this.#strict) return this.#refuse(field, `is not a known key; ${advice}`, node);
    const meant = `${field.slice(0, -key.length)}${near}`;
    if (near !== undefined && !this.#misspelt.has(meant))
      this.#misspelt.set(meant, `the unknown key "${key}"${this.#where(node.range?.[0])} is ignored: ${advice}`);
    if (this.warnings.length < maximumWarnings) {
      this.warnings.push({
        code: "UNKNOWN_KEY",
        message: `the unknown key "${key}" is ignored${this.#where(node.range?.[0])}; ${advice}`,
        field,
      });
    }
  }

  #refuse(field: string, description: string, node: Node): undefined {
    this.violate(field, description, node.range?.[0]);
  }

  /** A parser that has lost its way complains of the same place over and over. */
  #firstOfEachLine<Problem extends { readonly pos: readonly [number, number] }>(problems: readonly Problem[]): Problem[] {
    const lineOf = ({ pos }: Problem) => this.#lines.linePos(pos[0]).line;
    const inOrder = problems.toSorted((a, b) => a.pos[0] - b.pos[0]);
    return inOrder.filter((problem, index) => index === 0 || lineOf(problem) !== lineOf(inOrder[index - 1] as Problem));
  }

  #where(offset: number | undefined): string {
    if (offset === undefined) return "";
    const { line, col } = this.#lines.linePos(offset);
    return ` (line ${line}, column ${col})`;
  }

  #remember(field: string, node: Node): void {
    const offset = node.range?.[0];
    if (offset !== undefined) this.#offsets.set(field, offset);
  }
}

function yamlProblem(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "the file holds more than one document";
  if (code === "RESOURCE_EXHAUSTION") return "the file is nested too deeply";
  return `is not valid YAML: ${message}`;
}
