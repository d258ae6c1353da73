import type { DescFile, DescService } from "@bufbuild/protobuf";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { ServerReflection as V1 } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as V1Alpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { encodedWithImports, type ReflectionIndex, reflectionIndex } from "./reflection-index.ts";

/** The part of a request that both versions of the protocol have in common. */
type Question =
  | { readonly case: "listServices" | "fileByFilename" | "fileContainingSymbol" | "allExtensionNumbersOfType"; readonly value: string }
  | { readonly case: "fileContainingExtension"; readonly value: { readonly containingType: string; readonly extensionNumber: number } }
  | { readonly case: undefined };

/** Lets any gRPC tool discover the services: grpc.reflection.v1, and v1alpha for older tools. */
export function addReflection(router: ConnectRouter, services: readonly DescService[]): void {
  const all = [...services, V1, V1Alpha];
  let built: ReflectionIndex | undefined;
  // Most processes never answer a reflection call; the index waits for the first.
  const index = () => (built ??= reflectionIndex(all));
  router.service(V1, { serverReflectionInfo: (requests) => conversation(all, index, requests) });
  router.service(V1Alpha, { serverReflectionInfo: (requests) => conversation(all, index, requests) });
}

async function* conversation<Request extends { host: string; messageRequest: Question }>(
  services: readonly DescService[],
  index: () => ReflectionIndex,
  requests: AsyncIterable<Request>,
) {
  const sent = new Set<string>();
  for await (const request of requests) {
    const messageResponse = answer(request.messageRequest, services, index(), sent);
    yield { validHost: request.host, originalRequest: request, messageResponse };
  }
}

function answer(question: Question, services: readonly DescService[], index: ReflectionIndex, sent: Set<string>) {
  switch (question.case) {
    case "listServices":
      return { case: "listServicesResponse" as const, value: { service: services.map(({ typeName }) => ({ name: typeName })) } };
    case "fileByFilename":
      return fileAnswer(index.file(question.value), `file ${question.value}`, sent);
    case "fileContainingSymbol":
      return fileAnswer(index.fileOf(withoutDot(question.value)), `symbol ${question.value}`, sent);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      const file = index.fileOfExtension(withoutDot(containingType), extensionNumber);
      return fileAnswer(file, `extension ${extensionNumber} of ${containingType}`, sent);
    }
    case "allExtensionNumbersOfType": {
      const baseTypeName = withoutDot(question.value);
      if (index.fileOf(baseTypeName) === undefined) return errorAnswer(Code.NotFound, `there is no type ${question.value} here`);
      return {
        case: "allExtensionNumbersResponse" as const,
        value: { baseTypeName, extensionNumber: index.extensionNumbers(baseTypeName) },
      };
    }
    case undefined:
      return errorAnswer(Code.InvalidArgument, "the request asks nothing");
  }
}

function fileAnswer(file: DescFile | undefined, what: string, sent: Set<string>) {
  if (file === undefined) return errorAnswer(Code.NotFound, `there is no ${what} here`);
  return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto: encodedWithImports(file, sent) } };
}

function errorAnswer(errorCode: Code, errorMessage: string) {
  return { case: "errorResponse" as const, value: { errorCode, errorMessage } };
}

/** Some tools ask with fully qualified names. */
function withoutDot(name: string): string {
  return name.startsWith(".") ? name.slice(1) : name;
}
