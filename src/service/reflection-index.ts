import { type DescEnum, type DescExtension, type DescFile, type DescMessage, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** Finds the files that declare things, for server reflection. */
export type ReflectionIndex = {
  /** By its name, e.g. `left4me/host/v1/instance.proto`. */
  file(name: string): DescFile | undefined;
  /** The file that declares a message, field, oneof, enum, enum value, extension, service or method. */
  fileOf(symbol: string): DescFile | undefined;
  fileOfExtension(extendee: string, number: number): DescFile | undefined;
  extensionNumbers(extendee: string): number[];
};

/** Indexes the files of the services and of everything that they import. */
export function reflectionIndex(services: readonly DescService[]): ReflectionIndex {
  const files = new Map<string, DescFile>();
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const { file } of services) addWithImports(file, files);
  for (const file of files.values()) {
    for (const symbol of symbolsOf(file)) symbols.set(symbol, file);
    for (const { extendee, number } of extensionsOf(file)) {
      const numbers = extensions.get(extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(extendee.typeName, numbers.set(number, file));
    }
  }
  return {
    file: (name) => files.get(name),
    fileOf: (symbol) => symbols.get(symbol),
    fileOfExtension: (extendee, number) => extensions.get(extendee)?.get(number),
    extensionNumbers: (extendee) => [...(extensions.get(extendee)?.keys() ?? [])],
  };
}

/**
 * The encoded descriptors of a file and of its imports, dependencies behind dependants.
 *
 * @param sent the files that the client has; what is answered is added to it. The file itself is always answered.
 */
export function encodedWithImports(file: DescFile, sent: Set<string>): Uint8Array[] {
  const wanted = new Map<string, DescFile>();
  addWithImports(file, wanted);
  const missing = [...wanted.values()].filter((other) => other === file || !sent.has(other.proto.name));
  for (const { proto } of missing) sent.add(proto.name);
  return missing.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
}

function addWithImports(file: DescFile, files: Map<string, DescFile>): void {
  if (files.has(file.proto.name)) return;
  files.set(file.proto.name, file);
  for (const dependency of file.dependencies) addWithImports(dependency, files);
}

function* symbolsOf(file: DescFile): Generator<string> {
  for (const message of file.messages) yield* symbolsOfMessage(message);
  for (const each of file.enums) yield* symbolsOfEnum(each);
  for (const { typeName } of file.extensions) yield typeName;
  for (const { typeName, methods } of file.services) {
    yield typeName;
    for (const { name } of methods) yield `${typeName}.${name}`;
  }
}

function* symbolsOfMessage(message: DescMessage): Generator<string> {
  yield message.typeName;
  for (const { name } of [...message.fields, ...message.oneofs]) yield `${message.typeName}.${name}`;
  for (const nested of message.nestedMessages) yield* symbolsOfMessage(nested);
  for (const nested of message.nestedEnums) yield* symbolsOfEnum(nested);
  for (const { typeName } of message.nestedExtensions) yield typeName;
}

/** A value of an enum lives beside its enum, not below it; clients ask for either. */
function* symbolsOfEnum({ typeName, values }: DescEnum): Generator<string> {
  yield typeName;
  const scope = typeName.slice(0, typeName.lastIndexOf(".") + 1);
  for (const { name } of values) yield* [`${scope}${name}`, `${typeName}.${name}`];
}

function* extensionsOf(file: DescFile): Generator<DescExtension> {
  yield* file.extensions;
  for (const message of file.messages) yield* nestedExtensionsOf(message);
}

function* nestedExtensionsOf(message: DescMessage): Generator<DescExtension> {
  yield* message.nestedExtensions;
  for (const nested of message.nestedMessages) yield* nestedExtensionsOf(nested);
}
