import { type DescMessage, type DescMethod, type DescService, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { ServiceDefinition } from "@grpc/grpc-js";

/** A service of the contract as grpc-js wants it. Its handlers have the names of the RPCs. */
export function grpcJsService(service: DescService): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.name, definitionOf(method)]));
}

function definitionOf({ input, output, methodKind, parent, name }: DescMethod) {
  const [request, response] = [codec(input), codec(output)];
  return {
    path: `/${parent.typeName}/${name}`,
    requestStream: methodKind === "client_streaming" || methodKind === "bidi_streaming",
    responseStream: methodKind === "server_streaming" || methodKind === "bidi_streaming",
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: response.serialize,
    responseDeserialize: response.deserialize,
  };
}

/** A message of the contract as grpc-js wants it. */
export function codec<T extends DescMessage>(desc: T) {
  return {
    serialize: (message: MessageShape<T>) => Buffer.from(toBinary(desc, message)),
    deserialize: (bytes: Buffer) => fromBinary(desc, bytes),
  };
}
