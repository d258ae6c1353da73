import { run } from "node:test";
import { inspect } from "node:util";

/** A test that did not run. */
export type SkippedTest = { readonly test: string; readonly reason: string };

/** A test that failed, and how. */
export type FailedTest = { readonly test: string; readonly problem: string };

/** What one file of tests came to. */
export type FileReport = {
  readonly file: string;
  readonly passed: readonly string[];
  readonly failures: readonly FailedTest[];
  readonly skipped: readonly SkippedTest[];
  /** What the tests wanted to be read even when they pass. */
  readonly diagnostics: readonly string[];
  /** Standard output and error of the file's process. */
  readonly output: string;
  readonly durationMs: number;
};

type TestEvent = {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string | undefined;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details: { readonly type?: string | undefined; readonly error?: unknown };
};

/** How long a file may take, in milliseconds. */
export type FileLimits = {
  /** So long no test of it may begin or end, and nothing be printed. */
  readonly silenceMs: number;
  /** All of it. */
  readonly wholeMs: number;
};

/** Runs one file with node:test, in a process of its own that is killed when it hangs. */
export async function runTestFile(file: string, limits: FileLimits): Promise<FileReport> {
  const begin = performance.now();
  const names: string[] = [];
  const passed: string[] = [];
  const failures: FailedTest[] = [];
  const skipped: SkippedTest[] = [];
  const diagnostics: string[] = [];
  const output: string[] = [];
  const nameOf = ({ name, nesting }: TestEvent) => (name === file ? "the file" : [...names.slice(0, nesting), name].join(" > "));

  const ended = (event: TestEvent) => {
    const isSuite = event.details.type === "suite";
    const test = nameOf(event);
    if (isGiven(event.skip)) skipped.push({ test, reason: reasonOf(event.skip) });
    else if (isGiven(event.todo)) skipped.push({ test, reason: `to do: ${reasonOf(event.todo)}` });
    else if (event.details.error !== undefined) failures.push(...failureOf(test, event.details.error));
    else if (!isSuite && event.name !== file) passed.push(test);
  };

  const silent = new AbortController();
  const silence = setTimeout(() => silent.abort(), limits.silenceMs);
  const heard = () => silence.refresh();
  const running = new Set<string>();
  const events = run({ files: [file], concurrency: 1, signal: AbortSignal.any([silent.signal, AbortSignal.timeout(limits.wholeMs)]) });
  for (const name of ["test:dequeue", "test:complete", "test:stdout", "test:stderr"] as const) events.on(name, heard);
  events.on("test:dequeue", ({ name }) => running.add(name));
  events.on("test:complete", ({ name }) => running.delete(name));
  events.on("test:start", ({ name, nesting }) => {
    names[nesting] = name;
  });
  events.on("test:pass", (event: TestEvent) => ended(event));
  events.on("test:fail", (event: TestEvent) => ended(event));
  events.on("test:diagnostic", ({ message, file: origin }) => origin !== undefined && diagnostics.push(message));
  events.on("test:stdout", ({ message }) => output.push(message));
  events.on("test:stderr", ({ message }) => output.push(message));
  for await (const _ of events);
  clearTimeout(silence);

  if (failures.length > 0 && running.size > 0) failures.push({ test: "the file", problem: `still running: ${[...running].join(", ")}` });
  const text = output.join("");
  const warning = /^\(node:\d+\) .*Warning.*$/m.exec(text)?.[0];
  if (warning !== undefined) failures.push({ test: "no warnings", problem: `Node.js warned: ${warning}` });
  if (passed.length + failures.length + skipped.length === 0)
    failures.push({ test: "the file", problem: "it ended without running a test" });
  return { file, passed, failures, skipped, diagnostics, output: text, durationMs: performance.now() - begin };
}

function isGiven(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

function reasonOf(mark: string | boolean | undefined): string {
  return typeof mark === "string" && mark !== "" ? mark : "no reason given";
}

/** A test that failed only because tests within it did says nothing new. */
function failureOf(test: string, error: unknown): FailedTest[] {
  if (!(error instanceof Error)) return [{ test, problem: inspect(error) }];
  const { failureType } = error as { failureType?: string };
  if (failureType === "subtestsFailed") return [];
  const cause = error.cause ?? error;
  if (failureType === "testAborted") return [{ test, problem: "it did not end in time and was killed" }];
  return [{ test, problem: describe(cause) }];
}

function describe(problem: unknown): string {
  if (problem instanceof SuppressedError) return `${describe(problem.suppressed)}\nand while cleaning up: ${describe(problem.error)}`;
  return problem instanceof Error ? (problem.stack ?? problem.message) : inspect(problem);
}
