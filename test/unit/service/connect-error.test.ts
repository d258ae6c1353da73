import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { HostError } from "../../../src/domain/host-error.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.ts";
import { StartFailureSchema } from "../../../src/gen/left4me/host/v1/error_reason_pb.ts";
import { connectErrorOf, defectError, waitEnded } from "../../../src/service/connect-error.ts";
import type { ErrorDetail } from "../../../src/service/error-details.ts";

/** The bytes of the whole google.rpc.Status, which trailers carry in base64. */
function statusBytes(error: ConnectError): number {
  const details = error.details.map((detail) => {
    const { desc, value } = detail as ErrorDetail;
    return toBinary(desc, create(desc, value)).length + anyPack(desc, create(desc)).typeUrl.length + 8;
  });
  return details.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(error.rawMessage) + 8);
}

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 50 }),
  fc.nat(20_000).map((length) => "é".repeat(length)),
);

test("no error is larger than 5 KiB, and each has exactly one ErrorInfo", () => {
  const exit = fc.record({
    invocationId: fc.constant("0".repeat(32)),
    intended: fc.boolean(),
    exitTime: fc.constant(new Date(0)),
    result: fc.constant("signal"),
    lastLines: fc.array(text, { maxLength: 20 }),
  });
  const details = fc.record({
    metadata: fc.dictionary(fc.constantFrom("name", "stderr", "command", "path", "exit"), text),
    violations: fc.array(fc.record({ field: text, description: text }), { maxLength: 50 }),
    startFailure: fc.record({ step: text, exit }),
  });
  fc.assert(
    fc.property(text, details, (message, given) => {
      const error = connectErrorOf(new HostError("START_FAILED", message, given));
      assert.ok(statusBytes(error) <= 5 * 1024, String(statusBytes(error)));
      assert.equal(error.findDetails(ErrorInfoSchema).length, 1);
      assert.deepEqual(Object.keys(error.findDetails(ErrorInfoSchema)[0]?.metadata ?? {}).sort(), Object.keys(given.metadata).sort());
    }),
    { numRuns: 200 },
  );
});

test("violations: the first that fit, at most 32; without them no BadRequest", () => {
  const violations = Array.from({ length: 100 }, (_, index) => ({ field: `spec.config[${index}]`, description: "x" }));
  const error = connectErrorOf(new HostError("INVALID_SPEC", "bad", { metadata: { violations: "100" }, violations }));
  assert.deepEqual(
    error.findDetails(BadRequestSchema)[0]?.fieldViolations.map(({ field }) => field),
    violations.slice(0, 32).map(({ field }) => field),
  );
  assert.equal(connectErrorOf(new HostError("BUSY", "held")).details.length, 1);
});

test("texts of processes lose their beginning, the newest of the last lines stay", () => {
  const lastLines = Array.from({ length: 20 }, (_, index) => `${index} ${"x".repeat(300)}`);
  const exit = { invocationId: "", intended: false, exitTime: new Date(0), result: "signal", signal: "SIGSEGV", lastLines };
  const error = connectErrorOf(
    new HostError("START_FAILED", "no", { metadata: { stderr: `${"a".repeat(9000)}the end` }, startFailure: { step: "starting", exit } }),
  );
  assert.match(error.findDetails(ErrorInfoSchema)[0]?.metadata["stderr"] ?? "", /^…a+the end$/);
  const kept = error.findDetails(StartFailureSchema)[0]?.exit?.lastLines ?? [];
  assert.ok(kept.length > 3);
  assert.equal(kept.at(-1), lastLines.at(-1));
});

test("a defect says nothing of itself", () => {
  const error = defectError(new TypeError("secret"));
  assert.equal(error.code, Code.Internal);
  assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "INTERNAL");
  assert.doesNotMatch(error.rawMessage, /secret/);
});

test("an end of the waiting is told from an error that came meanwhile", () => {
  const controller = new AbortController();
  const late = new ConnectError("the operation timed out", Code.DeadlineExceeded);
  assert.equal(waitEnded(late, controller.signal), undefined);
  controller.abort(late);
  assert.equal(waitEnded(late, controller.signal), late);
  assert.equal(waitEnded(new TypeError("a defect"), controller.signal), undefined);
  assert.equal(waitEnded(AbortSignal.abort().reason, AbortSignal.abort())?.code, Code.Canceled);
});
