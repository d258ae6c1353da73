import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BundledPackage, bundledPackages } from "./bundled-packages.ts";
import { fillTemplate } from "./fill-template.ts";
import type { NodeRuntime } from "./node-runtime.ts";

/** The file debian/copyright: the terms of everything that the package holds (Debian Policy 12.5). */
export function copyright(root: string, runtime: NodeRuntime): string {
  return fillTemplate(readFileSync(join(root, "packaging/debian/copyright"), "utf8"), {
    LICENSE: readFileSync(join(root, "LICENSE"), "utf8").trim(),
    NPM_PACKAGES: npmPackages(bundledPackages(root)),
    NODE_VERSION: runtime.version,
    NODE_PACKAGE: runtime.npmPackage,
    NODE_LICENSE: readFileSync(join(runtime.directory, "LICENSE"), "utf8").trim(),
  });
}

/** Packages with the same terms share them. */
function npmPackages(packages: readonly BundledPackage[]): string {
  const byTerms = new Map<string, string[]>();
  for (const bundled of packages) {
    const terms = termsOf(bundled);
    byTerms.set(terms, [...(byTerms.get(terms) ?? []), `${bundled.name} ${bundled.version} (${bundled.license})`]);
  }
  return [...byTerms].map(([terms, names]) => `${names.join("\n")}\n\n${terms}`).join("\n\n");
}

function termsOf({ name, license, texts }: BundledPackage): string {
  const given = Object.entries(texts).filter(([, text]) => !isApacheText(text));
  if (given.length > 0) return given.map(([, text]) => indent(text.trim())).join("\n\n");
  if (!license.includes("Apache-2.0")) throw new Error(`the npm package ${name} (${license}) has no text of its licence`);
  return indent("Apache License, Version 2.0.");
}

/** Debian has it; Policy wants a reference instead of a copy. */
function isApacheText(text: string): boolean {
  return /^\s*Apache License\s/.test(text);
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "    ");
}
