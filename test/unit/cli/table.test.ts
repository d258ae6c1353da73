import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable } from "../../../src/cli/output/table.ts";

const red = (text: string) => `\x1b[31m${text}\x1b[0m`;
const rows = [
  ["alpha", { text: "FAILED", paint: red }, "", "exited with code 3"],
  ["b", "RUNNING", "", ""],
];
const table = (width?: number) => formatTable(["NAME", "STATE", "PORT", "REMARKS"], rows, { width }).split("\n");

test("columns are aligned, empty ones left out, colours count for nothing", () => {
  assert.deepEqual(table(), ["NAME   STATE    REMARKS", `alpha  ${red("FAILED")}   exited with code 3`, "b      RUNNING", ""]);
  assert.deepEqual(table(34), table());
});

test("every line fits into the width; what is beyond is cut, wherever the edge falls", () => {
  assert.deepEqual(table(20), ["NAME   STATE    REM…", `alpha  ${red("FAILED")}   exi…`, "b      RUNNING", ""]);
  assert.deepEqual(table(14), ["NAME   STATE …", `alpha  ${red("FAILED")}…`, "b      RUNNING", ""]);
  assert.deepEqual(table(10), ["NAME   ST…", `alpha  ${red("FA")}…`, "b      RU…", ""]);
  assert.deepEqual(table(4), ["NAM…", "alp…", "b  …", ""]);
  for (const width of [1, 2, 3, 5, 6, 7, 8, 33])
    for (const line of table(width)) assert.ok([...line.replace(/\x1b\[\d*m/g, "")].length <= width, `${width}: ${line}`);
});

test("columns that can be done without are left out before anything is cut, no more of them than needed", () => {
  const full = [
    ["alpha", "27015", "3", "exited with code 3"],
    ["b", "27016", "0", ""],
  ];
  const shown = (width: number) =>
    formatTable(["NAME", "PORT", "TASKS", "REMARKS"], full, { width, dispensable: ["TASKS", "PORT"] }).split("\n")[1];
  assert.equal(shown(39), "alpha  27015  3      exited with code 3");
  assert.equal(shown(38), "alpha  27015  exited with code 3");
  assert.equal(shown(31), "alpha  exited with code 3");
  assert.equal(shown(24), "alpha  exited with code…");
});
