import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code } from "../../../src/client/index.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { run } from "./fake-terminal.ts";

const ids = ["20261129T101500Z-1a2b", "20261128T090000Z-0000"];

test("archives: a table of all pages, or an array of Archive", async () => {
  await using host = await startSocketHost({
    instances: {
      listArchives: ({ name, pageToken }) => {
        if (name !== "alpha") return {};
        const index = pageToken === "" ? 0 : 1;
        const archive = {
          id: ids[index] ?? "",
          createTime: timestampFromDate(new Date("2026-11-29T10:15:00Z")),
          sizeBytes: 4096n,
          buildId: "b1",
        };
        return { archives: [archive], nextPageToken: index === 0 ? "more" : "" };
      },
    },
  });
  const { code, out } = await run(["archives", "alpha", "--address", host.address]);
  assert.equal(code, 0);
  const [head, ...rows] = out.trim().split("\n");
  assert.match(head ?? "", /^ARCHIVE +KEPT +AGE +SIZE +BUILD$/);
  assert.deepEqual(
    rows.map((row) => row.split(/\s+/)[0]),
    ids,
  );
  assert.match(rows[0] ?? "", /2026-11-29 10:15:00 .* b1$/);
  const json = JSON.parse((await run(["archives", "alpha", "--json", "--address", host.address])).out);
  assert.deepEqual(
    json.map(({ id }: { id: string }) => id),
    ids,
  );
  const none = await run(["archives", "beta", "--address", host.address]);
  assert.deepEqual([none.code, none.out], [0, ""]);
  assert.match(none.err, /reset beta --archive/);
});

test("restore: says what it did; a missing archive ends with 3, a running game with 7", async () => {
  const asked: string[] = [];
  await using host = await startSocketHost({
    instances: {
      restoreArchive: ({ name, archiveId, etag }) => {
        asked.push(`${name} ${archiveId} ${etag}`);
        if (archiveId === "none")
          throw failure(Code.NotFound, "ARCHIVE_NOT_FOUND", "no such archive", { metadata: { name, archive: archiveId } });
        if (name === "beta") throw failure(Code.FailedPrecondition, "INSTANCE_RUNNING", "it runs", { metadata: { name } });
        return { instance: { name } };
      },
    },
  });
  const done = await run(["restore", "alpha", "x1", "--etag", "e1", "--address", host.address]);
  assert.deepEqual([done.code, done.out], [0, "alpha: has the files of archive x1 again; the archive stays\n"]);
  assert.deepEqual(asked, ["alpha x1 e1"]);
  const missing = await run(["restore", "alpha", "none", "--address", host.address]);
  assert.equal(missing.code, 3);
  assert.match(missing.err, /hint: the archives there are: l4d2ctl --address \S+ archives alpha/);
  assert.equal((await run(["restore", "beta", "x1", "--address", host.address])).code, 7);
});

test("archives --delete: says what it did; a missing archive is a success", async () => {
  const asked: string[] = [];
  await using host = await startSocketHost({
    instances: {
      deleteArchive: ({ name, archiveId }) => {
        asked.push(`${name} ${archiveId}`);
        return { changed: archiveId !== "none" };
      },
    },
  });
  const removed = await run(["archives", "alpha", "--delete", "x1", "--address", host.address]);
  assert.deepEqual([removed.code, removed.out], [0, "alpha: archive x1 deleted\n"]);
  const missing = await run(["archives", "alpha", "--delete", "none", "--address", host.address]);
  assert.deepEqual([missing.code, missing.out], [0, "alpha: archive none is not there, nothing to delete\n"]);
  const json = await run(["archives", "alpha", "--delete", "x1", "--json", "--address", host.address]);
  assert.deepEqual(JSON.parse(json.out), { changed: true });
  assert.deepEqual(asked, ["alpha x1", "alpha none", "alpha x1"]);
});
