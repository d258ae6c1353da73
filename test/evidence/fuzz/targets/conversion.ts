import assert from "node:assert/strict";
import { fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { instanceToProto } from "../../../../src/convert/instance.ts";
import { instanceSpecFromProto } from "../../../../src/convert/instance-spec.ts";
import { timestampFromProto } from "../../../../src/convert/timestamp.ts";
import { canonicalJson } from "../../../../src/domain/etag.ts";
import { InstanceSchema, InstanceSpecSchema } from "../../../../src/gen/left4me/host/v1/instance_pb.ts";
import * as arbitrary from "../../../unit/convert/arbitrary.ts";
import { ByteSource } from "../byte-source.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";

/** Any instance of the domain, as fast-check makes it, over the wire. */
export const target: FuzzTarget = {
  property: "every instance that the domain can hold goes over the wire, in either encoding, and is the same there",
  largestBytes: 16,
  covers: ["/src/convert/"],
  seeds: ["\0\0\0\0", "\x01\x02\x03\x04"],
  words: [],
  check(input): Verdict {
    const choices = new ByteSource(input);
    const seed = choices.word() * 65_536 + choices.word();
    const [instance] = fc.sample(arbitrary.instance, { numRuns: 1, seed: seed | 0 });
    assert.ok(instance !== undefined);
    const message = instanceToProto(instance);
    const binary = fromBinary(InstanceSchema, toBinary(InstanceSchema, message));
    const json = fromJson(InstanceSchema, toJson(InstanceSchema, message));
    for (const back of [binary, json]) {
      assert.equal(canonicalJson(toJson(InstanceSchema, back)), canonicalJson(toJson(InstanceSchema, message)));
      assert.equal(back.revision, BigInt(instance.revision));
      assert.equal(timestampFromProto(back.createTime)?.getTime(), instance.createTime.getTime());
      assert.equal(
        canonicalJson(instanceSpecFromProto(back.spec ?? fromBinary(InstanceSpecSchema, new Uint8Array()))),
        canonicalJson(instance.spec),
      );
      assert.equal(canonicalJson(back.labels), canonicalJson(instance.labels));
    }
    return "taken";
  },
};
