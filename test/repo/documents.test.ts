import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { projectFiles } from "./project-files.ts";
import { projectRoot } from "./source-imports.ts";

const documents = projectFiles().filter((path) => path.endsWith(".md") && !path.startsWith("third_party/"));

/** The prose of a document: code is for other programs. */
function proseOf(markdown: string): string {
  return markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").replaceAll(/`[^`\n]*`/g, "``");
}

/** Targets of links and pictures, but those that lead out of the repository. */
function linksOf(markdown: string): string[] {
  const targets = [...proseOf(markdown).matchAll(/\]\(<?([^)\s>]+)>?\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The names under which a page's headings can be linked to, as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  const written = [...markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name = ""]) => name);
  const slug = (heading: string) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
  return [...headings.map(slug), ...written];
}

/** Why a link of a document leads nowhere; undefined when it does lead somewhere. */
function broken(path: string, link: string): string | undefined {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? path : join(dirname(path), file);
  if (target.startsWith("..")) return `${path}: ${link} leads out of the repository`;
  if (!existsSync(join(projectRoot, target))) return `${path}: ${link} is not there`;
  if (anchor === undefined || !target.endsWith(".md")) return undefined;
  return anchorsOf(readFileSync(join(projectRoot, target), "utf8")).includes(anchor) ? undefined : `${path}: ${link} names no heading`;
}

test("every link within the repository leads somewhere", () => {
  const links = documents.flatMap((path) => linksOf(readFileSync(join(projectRoot, path), "utf8")).map((link) => ({ path, link })));
  assert.ok(links.length > 50, `only ${links.length} links were found`);
  assert.deepEqual(
    links.map(({ path, link }) => broken(path, link)).filter((problem) => problem !== undefined),
    [],
  );
});

test("links that lead nowhere are found", () => {
  const markdown = "[a](none.md) `[b](code.md)` ![c](README.md#nothing) [d](https://example.org)\n```\n[e](fence.md)\n```\n[f](../x)";
  assert.deepEqual(
    linksOf(markdown).map((link) => broken("README.md", link)),
    ["README.md: none.md is not there", "README.md: README.md#nothing names no heading", "README.md: ../x leads out of the repository"],
  );
  assert.deepEqual(anchorsOf("# A `b`: c, d\n## E_f"), ["a-b-c-d", "e_f"]);
});

test("docs/README.md has every page of docs/, each once", () => {
  const linked = linksOf(readFileSync(join(projectRoot, "docs/README.md"), "utf8")).filter((link) => link.endsWith(".md"));
  const pages = documents.filter((path) => path.startsWith("docs/") && path !== "docs/README.md").map((path) => relative("docs", path));
  assert.deepEqual(linked.toSorted(), pages.toSorted());
});
