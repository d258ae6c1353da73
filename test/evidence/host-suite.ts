import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Evidence, EvidenceOptions, EvidenceResult } from "./evidence.ts";

const suites = join(import.meta.dirname, "../hosts");

/**
 * The long form of a suite below test/hosts/: the same file, with other numbers.
 *
 * @param environment what tells the file how often, and from which seed
 */
export function hostSuite(
  title: string,
  file: string,
  rounds: Evidence["rounds"],
  environment: (options: EvidenceOptions) => Record<string, string>,
): Evidence {
  return { title: `${title} (root, test hosts)`, rounds, run: (options) => runSuite(file, environment(options)) };
}

async function runSuite(file: string, environment: Record<string, string>): Promise<EvidenceResult> {
  const args = ["--test", "--test-reporter=tap", join(suites, file)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...environment } });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (data: string) => {
    text += data;
  });
  const code = await new Promise<number>((resolve) => child.once("close", (status) => resolve(status ?? 1)));
  const lines = text.split("\n").map((line) => line.trim());
  const problems = lines.filter((line) => line.startsWith("not ok") || /^ok .*# SKIP/.test(line));
  if (code !== 0) problems.push(`exit code ${code}`, text.slice(-4000));
  return {
    problems,
    figures: {
      tests: lines.filter((line) => /^ok \d+ - /.test(line)).map((line) => line.replace(/^ok \d+ - /, "")),
      said: lines.filter(
        (line) => line.startsWith("# ") && !/^# (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms|Subtest)/.test(line),
      ),
    },
  };
}
