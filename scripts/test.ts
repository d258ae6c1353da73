/**
 * `npm test [-- options] [SUITE...]`: runs the suites, one after the other, and tells what failed, what was skipped and why.
 *
 * A suite is a folder below test/; its files end in .test.ts and run in processes of their own.
 */
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { keepCompiledModules } from "./keep-compiled.ts";
import { type FileReport, runTestFile, type SkippedTest } from "./run-test-file.ts";

const usage = `Usage: npm test [-- [options] [SUITE...]]

  --list               print the suites and their files, run nothing
  --allow-skips FILE   fail when a test was skipped that FILE does not name (JSON: a list of
                       {"test" or "reason": how it begins, "why": …})
  --verbose            print each test
`;

/** Quick ones first; suites that this list lacks follow in the order of their names. */
const suiteOrder = ["unit", "repo", "wire", "conformance"];

/** Run only by name: they take minutes. `hosts` boots whole systems, as root. */
const onlyByName = new Set(["hosts", "long"]);

/** Files at a time. The machine that this must suit has two processors, and many tests wait. */
const filesAtOnce = (suite: string) => (suite === "hosts" ? 2 : 3); // a test host alone keeps them half busy

/** A file that hangs is a failure with a name; how fast the machine is, is none. Test hosts boot whole systems. */
const fileLimits = (suite: string) => ({ silenceMs: suite === "hosts" ? 600_000 : 420_000, wholeMs: 1_800_000 });

type Suite = { readonly name: string; readonly files: readonly string[] };
/** Names tests by how their names begin, or by how the reason of the skip does. */
type AllowedSkip = { readonly test?: string; readonly reason?: string; readonly why: string };

const root = join(import.meta.dirname, "..");
keepCompiledModules(); // hundreds of processes load the same ones
const exitCode = await main();
// What a test that was killed has left behind may hold its output open, and us with it.
process.stdout.write("", () => process.exit(exitCode));

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { list: { type: "boolean" }, "allow-skips": { type: "string" }, verbose: { type: "boolean" }, help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help === true) {
    print(usage);
    return 0;
  }
  const suites = chooseSuites(findSuites(), positionals);
  if (suites === undefined) return 2;
  if (values.list === true) {
    listSuites(suites);
    return 0;
  }
  const allowed = values["allow-skips"] === undefined ? undefined : readAllowedSkips(values["allow-skips"]);
  const reports: FileReport[] = [];
  for (const suite of suites) reports.push(...(await runSuite(suite, values.verbose === true)));
  return summarise(reports, allowed);
}

function findSuites(): Suite[] {
  const bySuite = new Map<string, string[]>();
  for (const file of globSync("test/*/**/*.test.ts", { cwd: root }).sort()) {
    const name = file.split("/")[1] ?? "";
    bySuite.set(name, [...(bySuite.get(name) ?? []), file]);
  }
  const rank = ({ name }: Suite) => (suiteOrder.includes(name) ? suiteOrder.indexOf(name) : suiteOrder.length);
  return [...bySuite].map(([name, files]) => ({ name, files })).sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

function chooseSuites(suites: Suite[], names: readonly string[]): Suite[] | undefined {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no suite ${unknown.join(", ")}; there are ${suites.map(({ name }) => name).join(", ")}\n`);
    return undefined;
  }
  if (names.length > 0) return suites.filter(({ name }) => names.includes(name));
  for (const { name } of suites.filter((suite) => onlyByName.has(suite.name)))
    print(`not run: ${name}; run it with \`npm test -- ${name}\`\n`);
  return suites.filter(({ name }) => !onlyByName.has(name));
}

function listSuites(suites: readonly Suite[]): void {
  for (const { name, files } of suites) print(`${name}\n${files.map((file) => `  ${file}\n`).join("")}`);
}

function readAllowedSkips(path: string): AllowedSkip[] {
  return JSON.parse(readFileSync(path, "utf8")) as AllowedSkip[];
}

async function runSuite({ name, files }: Suite, verbose: boolean): Promise<FileReport[]> {
  print(`\n== ${name} (${files.length} ${files.length === 1 ? "file" : "files"})\n`);
  const begin = performance.now();
  const waiting = [...files];
  const reports: FileReport[] = [];
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const report = await runTestFile(join(root, file), fileLimits(name));
      reports.push(report);
      print(describeFile(report, verbose));
    }
  };
  await Promise.all(Array.from({ length: filesAtOnce(name) }, worker));
  print(`   ${name}: ${countsOf(reports)} in ${seconds(performance.now() - begin)}\n`);
  return reports;
}

function describeFile(report: FileReport, verbose: boolean): string {
  const verdict = report.failures.length === 0 ? "ok  " : "FAIL";
  const lines = [`${verdict} ${shortName(report.file)} (${report.passed.length} passed, ${seconds(report.durationMs)})`];
  if (verbose) lines.push(...report.passed.map((test) => `     ✔ ${test}`));
  lines.push(...report.diagnostics.map((text) => `     ${text}`));
  for (const { test, problem } of report.failures) lines.push(`     ✖ ${test}`, indent(problem, 7));
  if (report.failures.length > 0 && report.output.trim() !== "") lines.push("     output of the file:", indent(report.output.trim(), 7));
  return `${lines.join("\n")}\n`;
}

/** Prints the skipped tests, the failures again, and the closing line; returns the exit code. */
function summarise(reports: readonly FileReport[], allowed: readonly AllowedSkip[] | undefined): number {
  const skipped = reports.flatMap(({ file, skipped }) => skipped.map((skip) => ({ ...skip, test: `${shortName(file)}: ${skip.test}` })));
  const failed = reports.flatMap(({ file, failures }) =>
    failures.map(({ test, problem }) => `  ${shortName(file)}: ${test}\n${indent(shortened(problem), 6)}\n`),
  );
  if (skipped.length > 0) print(`\nSkipped:\n${skipped.map(({ test, reason }) => `  ${test} - ${reason}\n`).join("")}`);
  if (failed.length > 0) print(`\nFailed:\n${failed.join("")}`);
  const refused = allowed === undefined ? [] : skipped.filter((skip) => !isAllowed(skip, allowed));
  if (refused.length > 0) print(`\nSkipped without leave:\n${refused.map(({ test }) => `  ${test}\n`).join("")}`);
  if (reports.length === 0) print("\nThere are no tests.\n");
  print(`\n${countsOf(reports)}\n`);
  return failed.length + refused.length > 0 || reports.length === 0 ? 1 : 0;
}

function isAllowed({ test, reason }: SkippedTest, allowed: readonly AllowedSkip[]): boolean {
  const begins = (text: string, beginning: string | undefined) => beginning !== undefined && text.startsWith(beginning);
  return allowed.some((entry) => begins(test, entry.test) || begins(reason, entry.reason));
}

function countsOf(reports: readonly FileReport[]): string {
  const sum = (count: (report: FileReport) => number) => reports.reduce((total, report) => total + count(report), 0);
  return `${sum(({ passed }) => passed.length)} passed, ${sum(({ failures }) => failures.length)} failed, ${sum(({ skipped }) => skipped.length)} skipped`;
}

function shortName(file: string): string {
  return relative(join(root, "test"), file);
}

/** Enough to know what to look for in what was printed before, of which a log may keep only the end. */
function shortened(problem: string): string {
  return problem.length <= 1500 ? problem : `${problem.slice(0, 1500)} …`;
}

function indent(text: string, columns: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(columns));
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function print(text: string): void {
  process.stdout.write(text);
}
