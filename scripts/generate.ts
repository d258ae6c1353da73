/**
 * `npm run generate`: everything that is made from something else and checked in. Tests hold it fresh.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { specFileJsonSchema } from "../src/domain/spec-file-schema.ts";
import { contractReference } from "./contract-reference.ts";
import { evidenceReference } from "./evidence-reference.ts";
import { failuresReference } from "./failures-reference.ts";
import { genIndex } from "./gen-index.ts";
import { importsReference } from "./imports-reference.ts";

const root = join(import.meta.dirname, "..");

execFileSync("buf", ["generate"], { cwd: root, stdio: "inherit" });
// The pages are the help of the command line, which needs what has just been made.
const { manReference } = await import("./man/man-pages.ts");
writeFileSync(join(root, "src/gen/index.ts"), genIndex(join(root, "src/gen")));
writeFileSync(join(root, "docs/reference/contract.md"), contractReference(root));
writeFileSync(join(root, "docs/reference/instance-spec.schema.json"), `${JSON.stringify(specFileJsonSchema(), undefined, 2)}\n`);
writeFileSync(join(root, "docs/reference/allowed-imports.md"), importsReference());
writeFileSync(join(root, "docs/reference/steamcmd-failures.md"), failuresReference());
writeFileSync(join(root, "docs/reference/evidence.md"), evidenceReference(root));
mkdirSync(join(root, "docs/reference/man"), { recursive: true });
for (const [path, page] of Object.entries(manReference())) writeFileSync(join(root, "docs/reference", path), page);
