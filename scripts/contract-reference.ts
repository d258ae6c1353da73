import { execFileSync } from "node:child_process";
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  type FileRegistry,
  fromBinary,
  ScalarType,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { getComments, getSyntaxComments } from "@bufbuild/protoplugin";

const contractPackage = "left4me.host.v1";

/** In the order in which a reader meets them. */
const serviceOrder = ["InstanceService", "LogService", "InstallationService", "HostService"];

/** Reads the contract with its comments, which the generated code lacks. */
export function readContract(root: string): FileRegistry {
  const image = execFileSync("buf", ["build", "proto", "--output", "-#format=binpb"], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
}

/** The comment that stands above an element of the contract. */
export function commentOf(element: DescService | DescMethod | DescMessage | DescField | DescEnum | DescEnum["values"][number]): string {
  return (getComments(element).leading ?? "").replace(/^ /gm, "").trim();
}

/** The essay at the head of the file that declares an element. */
function essayOf({ file }: DescService | DescEnum): string {
  return (getSyntaxComments(file).leading ?? "").replace(/^ /gm, "").trim();
}

/** The text of docs/reference/contract.md. */
export function contractReference(root: string): string {
  const registry = readContract(root);
  const ours = [...registry].filter((desc) => "file" in desc && desc.file.proto.package === contractPackage);
  const services = ours.filter((desc) => desc.kind === "service").sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  const messages = ours.filter((desc) => desc.kind === "message" && !desc.proto.options?.mapEntry).sort(byName) as DescMessage[];
  const enums = ours.filter((desc) => desc.kind === "enum").sort(byName);
  const spoken = new Set(services.flatMap(({ methods }) => methods.flatMap(({ input, output }) => [input.typeName, output.typeName])));
  const reasons = enums.filter(({ name }) => name === "ErrorReason");
  return `${[
    "<!-- Written by `npm run generate` from proto/. -->",
    `# The contract ${contractPackage}`,
    `Services: ${services.map(({ name }) => link(name)).join(", ")}. Then the [messages](#messages) and [enumerations](#enumerations) that they share, and the [reasons of errors](#error-reasons).`,
    ...services.flatMap(describeService),
    "## Messages",
    ...messages.filter(({ typeName }) => !spoken.has(typeName)).flatMap((message) => describeMessage(message, `### ${message.name}`)),
    "## Enumerations",
    ...enums.filter((found) => !reasons.includes(found)).flatMap(describeEnum),
    "## Error reasons",
    ...reasons.flatMap(describeReasons),
  ].join("\n\n")}\n`;
}

function rank({ name }: DescService): number {
  const index = serviceOrder.indexOf(name);
  return index < 0 ? serviceOrder.length : index;
}

function describeService(service: DescService): string[] {
  return [`## ${service.name}`, prose(commentOf(service)), prose(essayOf(service)), ...service.methods.flatMap(describeMethod)];
}

function describeMethod(method: DescMethod): string[] {
  const readOnly = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS ? "Changes nothing." : "";
  return [
    `### ${method.name}`,
    `\`${signature(method)}\`${readOnly === "" ? "" : ` ${readOnly}`}`,
    prose(commentOf(method)),
    ...describeMessage(method.input, `#### ${method.input.name}`),
    ...describeMessage(method.output, `#### ${method.output.name}`),
  ];
}

function signature({ name, input, output, methodKind }: DescMethod): string {
  const streamIn = methodKind === "client_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
  const streamOut = methodKind === "server_streaming" || methodKind === "bidi_streaming" ? "stream " : "";
  return `rpc ${name}(${streamIn}${input.name}) returns (${streamOut}${output.name})`;
}

function describeMessage(message: DescMessage, heading: string): string[] {
  return [heading, prose(commentOf(message)), message.fields.length === 0 ? "No fields." : fieldTable(message)];
}

function fieldTable(message: DescMessage): string {
  const rows = message.fields.map(
    (field) => `| \`${field.name}\` | ${field.number} | ${typeOf(field)} | ${cell(commentOf(field))}${oneofNote(field)} |`,
  );
  return ["| field | number | type | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function oneofNote(field: DescField): string {
  return field.oneof === undefined ? "" : ` (one of \`${field.oneof.name}\`)`;
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "list":
      return `repeated ${elementType(field.scalar, field.message ?? field.enum)}`;
    case "map":
      return `map of ${ScalarType[field.mapKey].toLowerCase()} to ${elementType(field.scalar, field.message ?? field.enum)}`;
    default:
      return `${field.proto.proto3Optional ? "optional " : ""}${elementType(field.scalar, field.message ?? field.enum)}`;
  }
}

function elementType(scalar: ScalarType | undefined, named: DescMessage | DescEnum | undefined): string {
  if (named === undefined) return scalar === undefined ? "" : ScalarType[scalar].toLowerCase();
  return named.file.proto.package === contractPackage ? link(named.name) : `\`${named.typeName}\``;
}

function describeEnum(found: DescEnum): string[] {
  const rows = found.values.map((value) => `| \`${value.name}\` | ${value.number} | ${cell(commentOf(value))} |`);
  return [`### ${found.name}`, prose(commentOf(found)), ["| value | number | meaning |", "|---|---|---|", ...rows].join("\n")];
}

/** The comment of a reason begins with its canonical code. */
function describeReasons(found: DescEnum): string[] {
  const rows = found.values
    .filter(({ number }) => number !== 0)
    .map((value) => {
      const { code, rest } = splitCode(commentOf(value));
      return `| \`${value.name.replace("ERROR_REASON_", "")}\` | \`${code}\` | ${cell(rest)} |`;
    });
  return [prose(essayOf(found)), ["| reason | code | meaning |", "|---|---|---|", ...rows].join("\n")];
}

/** Splits "NOT_FOUND. Metadata: name." into the canonical code and what follows. */
export function splitCode(comment: string): { readonly code: string; readonly rest: string } {
  const match = /^([A-Z_]+)\.\s*([\s\S]*)$/.exec(comment);
  return { code: match?.[1] ?? "", rest: match?.[2] ?? comment };
}

/** Each type has a heading of its name, but for the reasons. */
function link(name: string): string {
  return `[${name}](#${name === "ErrorReason" ? "error-reasons" : name.toLowerCase()})`;
}

function prose(comment: string): string {
  return comment.replaceAll("<", "&lt;");
}

function cell(comment: string): string {
  return prose(comment)
    .replace(/\n{2,}/g, "<br>")
    .replaceAll("\n", " ")
    .replaceAll("|", "\\|");
}
