import assert from "node:assert/strict";
import { test } from "node:test";
import { logWriter } from "../../../src/daemon/log-writer.ts";

function lines(format: "text" | "json", write: (log: ReturnType<typeof logWriter>) => void): string[] {
  const written: string[] = [];
  write(logWriter({ format, level: "info", write: (line) => written.push(line) }));
  return written;
}

test("JSON: one object a line, whatever is logged", () => {
  const [line] = lines("json", (log) =>
    log("error", "two\nlines", { big: 2n ** 60n, error: new Error("outer", { cause: new Error("inner") }) }),
  );
  assert.equal(line?.indexOf("\n"), line?.length === undefined ? -1 : line.length - 1);
  const { level, message, big, error } = JSON.parse(line ?? "") as Record<string, string>;
  assert.deepEqual([level, message, big], ["error", "two\nlines", String(2n ** 60n)]);
  assert.match(error ?? "", /outer[\s\S]*caused by [\s\S]*inner/);
});

test("text: values that could be mistaken are quoted", () => {
  const [line] = lines("text", (log) => log("info", "started", { name: "alpha", step: "waiting for the port", none: undefined }));
  assert.match(line ?? "", /^\S+Z info {2}started name=alpha step="waiting for the port" none=undefined\n$/);
});

test("quieter levels are left out", () => {
  assert.deepEqual(
    lines("text", (log) => log("debug", "detail")),
    [],
  );
});
