import { globSync } from "node:fs";

/** What `left4me-host/proto` offers: the contract, and the details that its errors carry. */
const published = ["google/rpc/error_details_pb.ts", "left4me/host/v1/*_pb.ts"];

/** The text of src/gen/index.ts, the module behind `left4me-host/proto`. */
export function genIndex(genDirectory: string): string {
  const files = globSync(published, { cwd: genDirectory }).sort();
  return `// Written by \`npm run generate\`.\n${files.map((file) => `export * from "./${file}";\n`).join("")}`;
}
