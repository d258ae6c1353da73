import { allowedImports, processModules, pureNodeModules, refusedNames } from "../test/repo/allowed-imports.ts";

const nodeModules = { pure: "those without effects", files: "all but processes", all: "all" };

/** The text of docs/reference/allowed-imports.md. */
export function importsReference(): string {
  const rows = Object.entries(allowedImports).map(
    ([folder, { role, ours, packages, node }]) => `| \`${folder}\` | ${role} | ${list(ours)} | ${list(packages)} | ${nodeModules[node]} |`,
  );
  return `<!-- Written by \`npm run generate\` from test/repo/allowed-imports.ts. -->
# Allowed imports

Each folder of \`src/\` may import itself and what stands in its row, nothing else. No two files import each other, not
even by way of others. test/repo/layering.test.ts enforces both.

| folder | what it is | ours | npm packages | modules of Node.js |
|---|---|---|---|---|
${rows.join("\n")}

Modules of Node.js without effects: ${list(pureNodeModules)}. Those that start processes: ${list(processModules)}. Besides:

- Only \`drivers\` implements the port that \`host\` owns; \`daemon\` puts them together.
- \`daemon\` reads the version from \`package.json\`.
- No default exports.
- No file or folder is called ${list(refusedNames)}.
`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map((name) => `\`${name}\``).join(", ");
}
