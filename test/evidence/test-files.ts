import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import type { Evidence, EvidenceOptions, EvidenceResult } from "./evidence.ts";

const repository = join(import.meta.dirname, "../..");

/** How test files are run as an evidence. */
export type TestFiles = {
  /** Their paths below the repository; `*` stands for what has no slash. */
  readonly files: readonly string[];
  readonly rounds?: Evidence["rounds"];
  /** What tells the files how often, and from which seed. */
  readonly environment?: (options: EvidenceOptions) => Record<string, string>;
  /** Whether tests may be skipped, each with its reason in its name: listed exceptions of a suite. Default: a test that is skipped proves nothing. */
  readonly maySkip?: boolean;
  /** What the files count in their diagnostics, to be added up in the place of what they say: the number is the pattern's group. */
  readonly sums?: Readonly<Record<string, RegExp>>;
};

/** Test files as an evidence: what passed is counted, and what they say of their figures is kept. They run in CI as they are. */
export function testFiles(title: string, options: TestFiles): Evidence {
  return { title, rounds: options.rounds ?? { short: 1, long: 1 }, run: (how) => run(options, how) };
}

/** The output of node's runner, TAP, counted. Only leaves are counted: a file, or a test with subtests, is no further test. */
export function countedTests(tap: string): { readonly passed: string[]; readonly skipped: string[]; readonly failed: string[] } {
  const lines = tap.split("\n");
  const of = (pattern: RegExp) => lines.flatMap((line, index) => (pattern.test(line) && isLeaf(lines, index) ? [nameIn(line)] : []));
  return {
    passed: of(/^ *ok \d+ - (?!.* # SKIP)/),
    skipped: of(/^ *ok \d+ - .* # SKIP/),
    failed: lines.filter((line) => /^ *not ok \d+ - /.test(line)).map(nameIn),
  };
}

/** The plan of subtests, `1..n`, stands right before the result of what they belong to, and is indented further. */
function isLeaf(lines: readonly string[], index: number): boolean {
  const indent = (line: string) => line.length - line.trimStart().length;
  const before = lines[index - 1] ?? "";
  return !(/^ *1\.\.\d+$/.test(before) && indent(before) > indent(lines[index] ?? ""));
}

function nameIn(line: string): string {
  return line.replace(/^ *(not )?ok \d+ - /, "");
}

async function run({ files, environment, sums, maySkip = false }: TestFiles, options: EvidenceOptions): Promise<EvidenceResult> {
  const paths = files.flatMap((file) => globSync(file, { cwd: repository }).sort());
  const tap = await tapOf(paths, environment?.(options) ?? {});
  const { passed, skipped, failed } = countedTests(tap.text);
  const problems = [...failed, ...(maySkip ? [] : skipped)];
  if (tap.code !== 0 || passed.length === 0) problems.push(`exit code ${tap.code}`, tap.text.slice(-4000));
  const said = tap.text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("# ") && !/^# (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms|Subtest)/.test(line));
  const told =
    sums === undefined ? { said } : Object.fromEntries(Object.entries(sums).map(([what, pattern]) => [what, sumOf(said, pattern)]));
  return {
    problems,
    figures: { passed: passed.length, ...(maySkip ? { excepted: skipped.length, exceptions: skipped } : {}), ...told, tests: passed },
  };
}

function sumOf(lines: readonly string[], pattern: RegExp): number {
  return lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
}

async function tapOf(
  files: readonly string[],
  environment: Record<string, string>,
): Promise<{ readonly text: string; readonly code: number }> {
  const args = ["--test", "--test-reporter=tap", ...files.map((file) => join(repository, file))];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...environment } });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (data: string) => {
    text += data;
  });
  const code = await new Promise<number>((resolve) => child.once("close", (status) => resolve(status ?? 1)));
  return { text, code };
}
