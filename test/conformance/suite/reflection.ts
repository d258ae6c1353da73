import assert from "node:assert/strict";
import { create, createFileRegistry, fromBinary, type Registry } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { collect } from "../fixtures/collect.ts";
import type { TestContext } from "../fixtures/test-context.ts";
import { area } from "../runner/test-case.ts";
import { services } from "./health.ts";

type Question = { case: "listServices" | "fileContainingSymbol" | "fileByFilename"; value: string };

/** Asks one thing over either version of the protocol; a stream that ends the client's side first, as tools do. */
async function ask(t: TestContext, version: "v1" | "v1alpha", question: Question) {
  async function* requests() {
    yield { messageRequest: question };
  }
  const { reflection, reflectionAlpha } = t.api;
  const answers =
    version === "v1"
      ? await collect(reflection.serverReflectionInfo(requests()))
      : await collect(reflectionAlpha.serverReflectionInfo(requests()));
  const [answer, ...more] = answers;
  assert.equal(more.length, 0, "one answer a question");
  return answer?.messageResponse;
}

/** The files that define a symbol, with all that they import. */
async function filesOf(t: TestContext, symbol: string): Promise<FileDescriptorProto[]> {
  const answer = await ask(t, "v1", { case: "fileContainingSymbol", value: symbol });
  assert.equal(answer?.case, "fileDescriptorResponse", symbol);
  const files = answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  assert.ok(files.length > 0);
  return files;
}

async function registryOf(t: TestContext, symbol: string): Promise<Registry> {
  const files = new Map((await filesOf(t, symbol)).map((file) => [file.name, file]));
  const ordered: FileDescriptorProto[] = [];
  const add = (name: string) => {
    const file = files.get(name);
    if (file === undefined || ordered.includes(file)) return;
    file.dependency.forEach(add);
    ordered.push(file);
  };
  for (const name of files.keys()) add(name);
  return createFileRegistry(create(FileDescriptorSetSchema, { file: ordered }));
}

// Its promises stand in the reflection protocol of gRPC, and one in error_reason.proto. Over gRPC-web there is no stream
// in both directions at once, but requests that are all sent before the answer work.
export const reflection = area("reflection", (test) => {
  for (const version of ["v1", "v1alpha"] as const) {
    test(`lists-services-${version}`, "Design: reflection v1 and v1alpha list every service of the host.", async (t) => {
      const answer = await ask(t, version, { case: "listServices", value: "" });
      assert.equal(answer?.case, "listServicesResponse");
      const names = answer.value.service.map(({ name }) => name);
      for (const service of [...services, "grpc.health.v1.Health"])
        assert.ok(names.includes(service), `${service} among ${names.join(" ")}`);
    });
  }

  test("serves-every-service", "Design: what reflection answers about a service is complete.", async (t) => {
    for (const service of services) {
      const registry = await registryOf(t, service);
      const found = registry.getService(service);
      assert.ok(found !== undefined && found.methods.length > 0, service);
    }
  });

  test("serves-the-types-of-details", "Reflection serves the types of all details.", async (t) => {
    for (const type of ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "left4me.host.v1.StartFailure"]) {
      assert.ok((await registryOf(t, type)).getMessage(type) !== undefined, type);
    }
  });

  test("unknown-symbol", "Design: reflection answers an unknown symbol with an error of its own and keeps the stream.", async (t) => {
    const answer = await ask(t, "v1", { case: "fileContainingSymbol", value: "no.such.Thing" });
    assert.equal(answer?.case, "errorResponse");
    assert.equal(answer.value.errorCode, 5, "NOT_FOUND");
  });
});
