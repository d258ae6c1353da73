import type { Evidence } from "./evidence.ts";
import { type TestFiles, testFiles } from "./test-files.ts";

/**
 * The long form of a suite below test/hosts/: the same file, with other numbers.
 *
 * @param environment what tells the file how often, and from which seed
 */
export function hostSuite(
  title: string,
  file: string,
  rounds: Evidence["rounds"],
  environment: NonNullable<TestFiles["environment"]>,
): Evidence {
  return testFiles(`${title} (root, test hosts)`, { files: [`test/hosts/${file}`], rounds, environment });
}
