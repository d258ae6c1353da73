import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { grpcMessage } from "../../../src/daemon/grpc-message.ts";

test("only what the protocol asks for is encoded, and all of it comes back", () => {
  assert.equal(grpcMessage('no "x"; 100 %\nü'), 'no "x"; 100 %25%0A%C3%BC');
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.match(grpcMessage(text), /^[\x20-\x7e]*$/);
      assert.equal(decodeURIComponent(grpcMessage(text)), text);
    }),
  );
});
