import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { ManPage } from "../../scripts/man/man-page.ts";
import { manPages } from "../../scripts/man/man-pages.ts";
import { roffPage } from "../../scripts/man/roff-page.ts";
import { silentTerminal } from "../../scripts/man/silent-terminal.ts";
import { exitCodes } from "../../src/cli/failures/exit-code.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { type DaemonOption, daemonOptions } from "../../src/daemon/daemon-options.ts";
import { specFileJsonSchema } from "../../src/domain/spec-file-schema.ts";
import { projectRoot } from "./source-imports.ts";

const pages = manPages("1.2.3-1", Date.UTC(2026, 0, 31) / 1000);
const noMandoc = spawnSync("mandoc", ["-T", "lint"], { input: "" }).error === undefined ? false : "needs mandoc (apt-get install mandoc)";

/** What mandoc says of a page; nothing is well. */
function lint(page: string): string {
  return spawnSync("mandoc", ["-T", "lint", "-W", "style"], { input: page, encoding: "utf8" }).stdout;
}

/** A page as a terminal shows it, in one line. */
function shown(name: string): string {
  const { stdout, status } = spawnSync("mandoc", ["-T", "utf8", "-O", "width=400"], { input: pages[name], encoding: "utf8" });
  assert.equal(status, 0);
  return stdout.replaceAll(/.\x08/g, "").replaceAll(/\s+/g, " ");
}

test("there is a page for each program and for the file", () => {
  assert.deepEqual(Object.keys(pages).sort(), ["l4d2ctl.1", "left4me-host.yaml.5", "left4me-hostd.8"]);
  for (const page of Object.values(pages)) assert.match(page, /^\.TH \S+ [158] 2026-01-31 "left4me\\-host 1\.2\.3\\-1"/);
});

describe("as mandoc reads them", { skip: noMandoc }, () => {
  for (const [name, page] of Object.entries(pages)) test(`${name} is without a fault`, () => assert.equal(lint(page), ""));

  test("mandoc finds faults", () => {
    assert.match(lint(".TH X 1 2026-01-31\n.SH NAME\nx \\- y\n.TP\n.NOSUCH\n"), /NOSUCH/);
  });

  test("what is special to roff stays what it is", () => {
    const odd = `-x \\n 'quoted' "double" ~ ^ é ☃ \`code\` .so /etc/passwd`;
    const page: ManPage = {
      name: "x",
      section: 1,
      purpose: "y",
      sections: [
        {
          title: "T",
          blocks: [
            { type: "text", text: odd },
            { type: "example", lines: [".so /etc/passwd", "'quote", "\\fB"] },
          ],
        },
      ],
    };
    const roff = roffPage(page, { version: "1", date: "2026-01-31" });
    assert.equal(lint(roff), "");
    const { stdout } = spawnSync("mandoc", ["-T", "utf8", "-O", "width=400"], { input: roff, encoding: "utf8" });
    const text = stdout.replaceAll(/.\x08/g, "");
    assert.ok(text.includes(odd.replaceAll("`", "")), text);
    for (const line of [".so /etc/passwd", "'quote", "\\fB"])
      assert.match(text, new RegExp(`^ +${line.replaceAll(/[\\.]/g, "\\$&")}$`, "m"));
  });

  test("l4d2ctl(1) tells every command, option and exit code", () => {
    const text = shown("l4d2ctl.1");
    const program = buildProgram(silentTerminal, async () => {});
    for (const command of program.commands.filter((one) => one.name() !== "__complete")) {
      assert.ok(text.includes(`${command.name()} l4d2ctl ${command.name()}`), command.name());
      for (const { flags, description } of command.options)
        assert.ok(text.includes(`${flags} ${description}`), `${command.name()} ${flags}`);
    }
    for (const [code, meaning] of Object.entries(exitCodes)) assert.ok(text.includes(`${code} ${meaning}`), code);
    for (const variable of ["LEFT4ME_ADDRESS", "LEFT4ME_ROOT", "NO_COLOR"]) assert.ok(text.includes(variable), variable);
  });

  test("left4me-hostd(8) tells every option and variable", () => {
    const text = shown("left4me-hostd.8");
    for (const { help, variable } of Object.values<DaemonOption>(daemonOptions)) {
      assert.ok(text.includes(help), help);
      assert.ok(text.includes(variable ?? ""), variable);
    }
  });

  test("left4me-host.yaml(5) tells every key", () => {
    const text = shown("left4me-host.yaml.5");
    for (const path of described(specFileJsonSchema())) assert.ok(text.includes(path), path);
  });
});

/** The descriptions of all keys of a schema. */
function described(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties = {} } = schema as { properties?: Record<string, { description?: string }> };
  for (const [key, { description }] of Object.entries(properties)) assert.ok((description ?? "").length > 10, `${key} has no description`);
  const own = Object.values(properties).map(({ description }) => (description ?? "").replaceAll("`", ""));
  return [...own, ...Object.values(schema).flatMap(described)];
}

test("every key of a specification is described", () => {
  assert.ok(described(specFileJsonSchema()).length >= 15);
});

test("the limits that a specification leaves out are those of the unit", () => {
  const unit = readFileSync(join(projectRoot, "systemd/units/left4me-server@.service"), "utf8");
  const { properties } = specFileJsonSchema() as { properties: { resources: { properties: Record<string, { description: string }> } } };
  const limits = { memory_high: "MemoryHigh", memory_max: "MemoryMax", tasks_max: "TasksMax", cpu_quota: "CPUQuota", nice: "Nice" };
  for (const [key, directive] of Object.entries(limits)) {
    const value = new RegExp(`^${directive}=(.+)$`, "m").exec(unit)?.[1] ?? "no limit";
    assert.ok(properties.resources.properties[key]?.description.includes(`Without it: ${value}.`), `${key}: ${value}`);
  }
});
