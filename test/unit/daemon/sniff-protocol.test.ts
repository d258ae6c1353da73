import assert from "node:assert/strict";
import { test } from "node:test";
import { protocolOf } from "../../../src/daemon/sniff-protocol.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

test("the preface is HTTP/2 as soon as it is whole", () => {
  for (let length = 0; length < preface.length; length += 1) assert.equal(protocolOf(Buffer.from(preface.slice(0, length))), undefined);
  assert.equal(protocolOf(Buffer.from(`${preface}more`)), "http2");
});

test("anything else is HTTP/1.1 from the first byte that differs", () => {
  for (const head of ["G", "POST / HTTP/1.1\r\n", "PRIVATE", "PRI * HTTP/2.0\r\n\r\nSX"])
    assert.equal(protocolOf(Buffer.from(head)), "http1");
});
