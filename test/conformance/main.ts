import { parseArgs } from "node:util";
import { protocols } from "./host-connection.ts";
import { type ConformanceOptions, runConformance } from "./run.ts";
import type { Report, Result } from "./runner/result.ts";
import { allTests } from "./suite/index.ts";

const usage = `Proves the contract left4me.host.v1 against the host at an address.

  node test/conformance/main.ts --address unix:/path|http://host:port [options]

  --only PATTERN        only the tests whose id matches this regular expression
  --list                lists the tests with their promises and runs nothing
  --json                prints the report as JSON; progress goes to standard error
  --protocol NAME       ${protocols.join(", ")} (default: grpc)
  --ports FIRST-LAST    ports for games (default: 27100-27400)
  --node-binary PATH    copies this Node into the build, for hosts whose games find none
  --width N             tests at a time (default: 4)
  --slow                also runs the tests that wait for minutes

The host's active build is replaced while the suite runs, and put back.
Exit code: 0 when nothing failed, 1 when something did, 2 when the suite could not begin.`;

type Arguments = ConformanceOptions & { readonly isList: boolean; readonly isJson: boolean };

function readArguments(args: string[]): Arguments | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const options = {
    address: text,
    only: text,
    list: flag,
    json: flag,
    protocol: text,
    ports: text,
    "node-binary": text,
    width: text,
    slow: flag,
    help: flag,
  };
  const { values } = parseArgs({ args, options });
  if (values.help || (values.address === undefined && !values.list)) return undefined;
  const protocol = protocols.find((name) => name === (values.protocol ?? "grpc"));
  if (protocol === undefined) throw new TypeError(`--protocol is one of ${protocols.join(", ")}`);
  return {
    address: values.address ?? "",
    isList: values.list,
    isJson: values.json,
    protocol,
    slow: values.slow,
    only: new RegExp(values.only ?? ""),
    ...(values.ports === undefined ? {} : { ports: portRange(values.ports) }),
    ...(values["node-binary"] === undefined ? {} : { nodeBinary: values["node-binary"] }),
    ...(values.width === undefined ? {} : { width: wholeNumber("--width", values.width) }),
  };
}

function portRange(text: string): [number, number] {
  const [first, last, ...more] = text.split("-").map((part) => wholeNumber("--ports", part));
  if (first === undefined || last === undefined || more.length > 0 || first > last)
    throw new TypeError("--ports is a range such as 27100-27400");
  return [first, last];
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new TypeError(`${option}: ${JSON.stringify(text)} is no number`);
  return Number(text);
}

function resultLines({ id, promise, outcome, milliseconds, note, error }: Result): string {
  const word = { passed: "ok  ", failed: "FAIL", skipped: "skip" }[outcome];
  const lines = [`${word} ${id}  ${milliseconds} ms${note === undefined ? "" : `  (${note})`}`];
  if (outcome === "failed") lines.push(`     promise: ${promise}`);
  if (error !== undefined) lines.push(...error.split("\n").map((line) => `     ${line}`));
  return lines.join("\n");
}

function summary({ passed, failed, skipped }: Report): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

async function main(args: string[]): Promise<number> {
  const options = readArguments(args);
  if (options === undefined) {
    console.error(usage);
    return args.includes("--help") ? 0 : 2;
  }
  if (options.isList) {
    for (const { id, promise } of allTests.filter((test) => options.only?.test(test.id))) console.log(`${id}\n    ${promise}`);
    return 0;
  }
  const progress = options.isJson ? console.error : console.log;
  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => interrupt.abort(new Error(`${name}: removing what the suite has made`)));
  const report = await runConformance({ ...options, signal: interrupt.signal, report: (result) => progress(resultLines(result)) });
  progress(
    `\n${report.driver} ${report.version} at ${report.address} over ${report.protocol}, ${(report.milliseconds / 1000).toFixed(1)} s`,
  );
  if (options.isJson) console.log(JSON.stringify(report, undefined, 2));
  progress(summary(report));
  return report.failed > 0 ? 1 : 0;
}

// A bare `node --test` takes every file below test/ for one of its own and starts it without arguments.
const isTakenForTest = process.env["NODE_TEST_CONTEXT"] !== undefined && process.argv.length <= 2;
if (!isTakenForTest) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error);
    process.exit(2); // after an interrupt tests are still under way
  }
}
