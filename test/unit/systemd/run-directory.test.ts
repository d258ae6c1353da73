import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, test } from "node:test";
import { helperError } from "../../../src/drivers/systemd/orders/helper-error.ts";
import { readFailure, readMounted, readWritten, stageName } from "../../../src/drivers/systemd/orders/run-directory.ts";

const directory = mkdtempSync(join(tmpdir(), "left4me-run-"));
const id = "0123456789abcdef0123456789abcdef";

before(() => {
  for (const name of ["mounted", "failures"]) mkdirSync(join(directory, name));
});
after(() => rmSync(directory, { recursive: true }));

describe("what the helper tells", () => {
  it("a mount's generation and note; an empty file, half of one and none are no mount", () => {
    writeFileSync(join(directory, "mounted/up"), "generation 12\nnote discarded-volatile\n/var/lib/left4me/layers/a\n");
    writeFileSync(join(directory, "mounted/down"), "");
    writeFileSync(join(directory, "mounted/half"), "generation 12");
    assert.deepEqual(readMounted("up", directory), { generation: 12, note: "discarded-volatile" });
    for (const name of ["down", "half", "none"]) assert.equal(readMounted(name, directory), undefined);
  });

  it("a failure counts only for the invocation that it names", () => {
    writeFileSync(join(directory, "failures/mount@up"), `${id} 3\nmounting failed:\nno space\n`);
    assert.deepEqual(readFailure("mount", "up", id, directory), {
      verb: "mount",
      name: "up",
      exitCode: 3,
      text: "mounting failed:\nno space",
    });
    for (const other of ["", id.replace("0", "1")]) assert.equal(readFailure("mount", "up", other, directory), undefined);
    assert.equal(readFailure("umount", "up", id, directory), undefined);
  });
});

describe("a helper's failure as an error", () => {
  it("a verb of the stage has no name", () => {
    writeFileSync(join(directory, "failures/hand-over@.stage"), `${id} 4\nthe installer still runs: pid 12 (node)\n`);
    const failure = readFailure("hand-over", stageName, id, directory);
    assert.ok(failure !== undefined);
    const { reason, metadata, message } = helperError(failure);
    assert.deepEqual([reason, metadata["pid"], metadata["command"]], ["MOUNT_BUSY", "12", "node"]);
    assert.match(message, /^left4me-overlay hand-over was refused: the installer still runs/);
  });

  it("who holds a mount stands in the metadata", () => {
    const text = "/var/lib/left4me/runtime/a/merged cannot be unmounted (target is busy.): held by pid 12 (bash),held by pid 13 (vi)";
    const { reason, metadata, message } = helperError({ verb: "umount", name: "a", exitCode: 4, text });
    assert.equal(reason, "MOUNT_BUSY");
    assert.deepEqual([metadata["pid"], metadata["command"]], ["12", "bash"]);
    assert.match(message, /held by pid 12 \(bash\)/);
  });

  it("an upper of another driver names what was found and what is expected", () => {
    const text =
      'what the game wrote (/x/upper) has the format "driver=embedded xattr=user", this driver needs "driver=systemd": reset the instance';
    const { reason, metadata } = helperError({ verb: "mount", name: "a", exitCode: 5, text });
    assert.equal(reason, "UPPER_INCOMPATIBLE");
    assert.deepEqual(metadata, { ...metadata, name: "a", found: "driver=embedded xattr=user", expected: "driver=systemd" });
  });

  it("refusals and failures keep command, exit code and words", () => {
    for (const [exitCode, expected] of [
      [1, "HELPER_FAILED"],
      [2, "HELPER_REFUSED"],
      [3, "HELPER_REFUSED"],
      [77, "HELPER_FAILED"],
    ] as const) {
      const { reason, metadata } = helperError({ verb: "mount", name: "a", exitCode, text: "why" });
      assert.equal(reason, expected);
      assert.deepEqual(metadata, { command: "left4me-overlay mount a", exit_code: String(exitCode), stderr: "why" });
    }
  });
});

test("what a game wrote: names with line breaks, whiteouts, a list that was cut off, and none", () => {
  const directory = mkdtempSync(join(tmpdir(), "l4m-run-"));
  mkdirSync(join(directory, "written"));
  const read = (text: string) => {
    writeFileSync(join(directory, "written/alpha"), text);
    return readWritten("alpha", directory);
  };
  try {
    assert.deepEqual(read("w 0 20 cfg/gone\0f 12 5 cfg/a b\nc 1\0truncated\n"), {
      files: [
        { path: "cfg/a b\nc 1", deleted: false, sizeBytes: 12, changeTime: new Date(5000) },
        { path: "cfg/gone", deleted: true, sizeBytes: 0 },
      ],
      truncated: true,
    });
    for (const seconds of ["-1", "253402300800", "9000000000000000", "1".repeat(400)])
      assert.deepEqual(read(`f 1 ${seconds} x\0complete\n`)?.files, [{ path: "x", deleted: false, sizeBytes: 1 }], "no usable time");
    assert.equal(read("f 1 253402300799 x\0complete\n")?.files[0]?.changeTime?.toISOString(), "9999-12-31T23:59:59.000Z");
    assert.deepEqual(read("complete\n"), { files: [], truncated: false });
    assert.deepEqual(read("none\n"), { files: [], truncated: false });
    for (const text of ["", "f 1 1 a\0", "f 1 1 a\0comp"]) assert.equal(read(text), undefined, text);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
