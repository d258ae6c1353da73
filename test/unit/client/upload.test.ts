import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { asHostFailure, Code, createHostClient, importBuild, importOverlay, UploadFormat } from "../../../src/client/index.ts";
import { failure, startSocketHost } from "./socket-host.ts";

test("a build is sent as its header and chunks of at most 1 MiB", async () => {
  const seen: (number | string)[] = [];
  await using host = await startSocketHost({
    installation: {
      async importBuild(messages) {
        for await (const { part } of messages) {
          if (part.case === "header") seen.push(`${part.value.format} ${part.value.activate}`);
          if (part.case === "chunk") seen.push(part.value.length);
        }
        return { build: { id: "b1" }, changed: true };
      },
    },
    host: {
      async importOverlay(messages) {
        for await (const { part } of messages)
          if (part.case === "header") seen.push(`${part.value.ref} ${part.value.format} ${part.value.sizeBytes} ${part.value.sha256}`);
        return {};
      },
    },
  });
  const client = createHostClient({ address: host.address });
  const answer = await importBuild(client, Readable.from([Buffer.alloc(2_500_000), Buffer.alloc(3)]), {
    format: UploadFormat.TAR,
    activate: false,
  });
  assert.equal(answer.build?.id, "b1");
  await importOverlay(client, "users/1", Readable.from([Buffer.from("x")]));
  await importOverlay(client, "users/2", Readable.from([Buffer.from("x")]), { sizeBytes: 1, sha256: "ab" });
  assert.deepEqual(seen, [
    `${UploadFormat.TAR} false`,
    1048576,
    1048576,
    402848,
    3,
    `users/1 ${UploadFormat.UNSPECIFIED} undefined `,
    `users/2 ${UploadFormat.UNSPECIFIED} 1 ab`,
  ]);
  client.close();
});

test("a refusal in the middle of an endless upload comes through, and the source is closed", async () => {
  await using host = await startSocketHost({
    installation: {
      async importBuild(messages) {
        let chunks = 0;
        for await (const _ of messages) {
          chunks += 1;
          if (chunks > 5) throw failure(Code.InvalidArgument, "UPLOAD_REFUSED", "no srcds_run");
        }
        return {};
      },
    },
  });
  const client = createHostClient({ address: host.address });
  const source = new Readable({
    read() {
      this.push(Buffer.alloc(65536));
    },
  });
  const error: unknown = await importBuild(client, source).catch((caught: unknown) => caught);
  assert.equal(asHostFailure(error)?.reason, "UPLOAD_REFUSED", String(error));
  assert.equal(source.destroyed, true);
  client.close();
});

test("what the source throws is thrown as it is", async () => {
  await using host = await startSocketHost({
    installation: {
      async importBuild(messages) {
        for await (const _ of messages);
        return {};
      },
    },
  });
  const client = createHostClient({ address: host.address });
  const mine = new Error("disk on fire");
  async function* source() {
    yield new Uint8Array(10);
    throw mine;
  }
  await assert.rejects(importBuild(client, source()), (error) => error === mine);
  client.close();
});
