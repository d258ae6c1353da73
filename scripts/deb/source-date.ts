import { execFileSync } from "node:child_process";

/**
 * The time that the package bears, in seconds since 1970: SOURCE_DATE_EPOCH, else that of the last commit.
 * See https://reproducible-builds.org/specs/source-date-epoch/.
 */
export function sourceDate(root: string): number {
  const given = process.env["SOURCE_DATE_EPOCH"] ?? lastCommit(root);
  if (/^\d{1,10}$/.test(given)) return Number(given);
  throw new Error(`SOURCE_DATE_EPOCH is a number of seconds, not "${given}"`);
}

function lastCommit(root: string): string {
  try {
    return execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    throw new Error("this is no clone with a commit whose time the package could bear; set SOURCE_DATE_EPOCH");
  }
}
