import assert from "node:assert/strict";
import { test } from "node:test";
import { encodedWithImports, reflectionIndex } from "../../../src/service/reflection-index.ts";
import { hostServices } from "../../../src/service/routes.ts";

const index = reflectionIndex(hostServices);

test("everything that a client may ask for is found", () => {
  const file = (symbol: string) => index.fileOf(`left4me.host.v1.${symbol}`)?.proto.name;
  assert.equal(file("InstanceService"), "left4me/host/v1/instance_service.proto");
  assert.equal(file("InstanceService.StartInstance"), "left4me/host/v1/instance_service.proto");
  assert.equal(file("Instance.spec"), "left4me/host/v1/instance.proto");
  assert.equal(file("StreamLogsRequest.start"), "left4me/host/v1/log_service.proto");
  assert.equal(file("VERB_START"), "left4me/host/v1/instance.proto");
  assert.equal(file("Nothing"), undefined);
});

test("the types of all details of errors are served", () => {
  for (const type of ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "left4me.host.v1.StartFailure"])
    assert.notEqual(index.fileOf(type), undefined, type);
});

test("a file comes with its imports, and an import only once a conversation", () => {
  const [instance, service] = ["left4me/host/v1/instance.proto", "left4me/host/v1/instance_service.proto"].map((name) => index.file(name));
  assert.ok(instance !== undefined && service !== undefined);
  const sent = new Set<string>();
  assert.equal(encodedWithImports(instance, sent).length, 3);
  const more = encodedWithImports(service, sent);
  assert.equal(more.length, sent.size - 3);
  assert.equal(encodedWithImports(service, sent).length, 1);
});
