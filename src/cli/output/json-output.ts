import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";
import type { Terminal } from "./terminal.ts";

/**
 * A message in the proto3 JSON mapping (https://protobuf.dev/programming-guides/json): names in lowerCamelCase,
 * enumerations by name, 64-bit numbers as strings. Fields at their default are there too, so that programs can rely on
 * them; only what is unset in the contract's sense (unknown, not there) is left out.
 */
export function messageJson<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): JsonValue {
  return toJson(schema, message, { alwaysEmitImplicit: true });
}

/** Prints the one document of a command. */
export function printJson(terminal: Terminal, value: JsonValue): void {
  terminal.out(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Prints one line of a stream of documents. */
export function printJsonLine(terminal: Terminal, value: JsonValue): void {
  terminal.out(`${JSON.stringify(value)}\n`);
}
