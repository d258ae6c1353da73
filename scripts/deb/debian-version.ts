import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The version of the Debian package: that of the newest entry of packaging/debian/changelog.
 *
 * @throws Error when its part before the last hyphen is not the version of package.json
 */
export function debianVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const changelog = readFileSync(join(root, "packaging/debian/changelog"), "utf8");
  const newest = /^left4me-host \(([^)]+)\)/.exec(changelog)?.[1];
  if (newest?.replace(/-[^-]*$/, "") === version) return newest;
  throw new Error(`package.json is at ${version}, packaging/debian/changelog at ${newest}: add an entry ${version}-1`);
}
