import { readFileSync } from "node:fs";

/** The version of the package that this file belongs to; "unknown" where it does not stand beside its package.json. */
export function packageVersion(): string {
  try {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    return (JSON.parse(text) as { version?: string }).version ?? "unknown";
  } catch {
    return "unknown";
  }
}
