import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { allowedImports, processModules, pureNodeModules, refusedNames } from "./allowed-imports.ts";
import { findCycle } from "./import-cycle.ts";
import { folderOf, projectRoot, type SourceModule, sourceModules, target } from "./source-imports.ts";

const modules = sourceModules();

/** The one file outside src/ that may be imported: it holds the version. */
const packageJson = "../package.json";

/** What a module imports against its folder's rule. */
function violations(module: SourceModule): string[] {
  const folder = folderOf(module.path);
  const rule = allowedImports[folder];
  if (rule === undefined) return [`${module.path}: the folder ${folder} has no row in allowed-imports.ts`];
  const refused = module.specifiers.filter((specifier) => {
    const path = target(module, specifier);
    if (path !== undefined) return path !== packageJson && folderOf(path) !== folder && !rule.ours.includes(folderOf(path));
    if (specifier.startsWith("node:")) return refusesNode(rule.node, specifier);
    return !rule.packages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
  });
  return refused.map((specifier) => `src/${module.path} imports ${specifier}`);
}

function refusesNode(allowed: "pure" | "files" | "all", specifier: string): boolean {
  if (allowed === "pure") return !pureNodeModules.includes(specifier);
  return allowed === "files" && processModules.includes(specifier);
}

test("every folder imports only what allowed-imports.ts gives it", () => {
  assert.deepEqual(modules.flatMap(violations), []);
});

test("the rules refuse what they should", () => {
  const example = (path: string, ...specifiers: string[]) => violations({ path, text: "", specifiers }).length;
  assert.equal(example("domain/etag.ts", "../host/driver.ts"), 1);
  assert.equal(example("domain/etag.ts", "node:fs", "node:crypto"), 1);
  assert.equal(example("host/machine.ts", "execa", "node:child_process"), 2);
  assert.equal(example("cli/main.ts", "../host/api.ts", "../client/index.ts"), 1);
  assert.equal(example("client/index.ts", "@connectrpc/connect", "@connectrpc/connectx", "../convert/build.ts"), 2);
  assert.equal(example("service/routes.ts", "../../package.json", "../../scripts/test.ts"), 1);
  assert.equal(example("nowhere/a.ts"), 1);
});

test("the modules were really read", () => {
  const counted = modules.find(({ path }) => path === "client/index.ts");
  assert.ok(modules.length > 100, `only ${modules.length} modules`);
  assert.ok((counted?.specifiers.length ?? 0) > 10, "client/index.ts seems to import nothing");
});

test("the allowed imports of the folders have no cycle", () => {
  assert.equal(findCycle(new Map(Object.entries(allowedImports).map(([folder, { ours }]) => [folder, ours]))), undefined);
  assert.deepEqual(
    findCycle(
      new Map([
        ["a", ["b"]],
        ["b", ["c"]],
        ["c", ["b"]],
      ]),
    ),
    ["b", "c", "b"],
  );
});

test("no file imports itself by way of others", () => {
  const imports = modules.map(
    (module) => [module.path, module.specifiers.map((one) => target(module, one)).filter((path) => path !== undefined)] as const,
  );
  assert.equal(findCycle(new Map(imports))?.join(" -> "), undefined);
});

test("no default exports", () => {
  const found = modules.filter(({ text }) => /^\s*export\s+default\b|^\s*export\s*\{[^}]*\bas\s+default\b/m.test(text));
  assert.deepEqual(
    found.map(({ path }) => path),
    [],
  );
});

test("no folder or file is a drawer for leftovers", () => {
  const paths = globSync("{src,test,bench,scripts,standin,examples}/**/*", { cwd: projectRoot });
  assert.deepEqual(
    paths.filter((path) => refusedNames.includes(basename(path).replace(/\..*$/, ""))),
    [],
  );
});
