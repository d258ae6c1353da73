import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { create } from "@bufbuild/protobuf";
import { type InitializeInstanceResponse, InitializeInstanceResponseSchema, Readiness, WarningSchema } from "../../client/index.ts";
import { instanceSpecToProto } from "../../convert/instance-spec.ts";
import { warningToProto } from "../../convert/warning.ts";
import { maximumSpecFileBytes, parseSpecFile, type SpecFile } from "../../domain/spec-file.ts";
import { UsageError } from "../failures/usage-error.ts";
import { parseLabels } from "../input/labels.ts";
import { readInTime } from "../input/read-in-time.ts";
import { nextCommand } from "../next-command.ts";
import { printWarnings } from "../output/contract-words.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import type { Terminal } from "../output/terminal.ts";
import type { GlobalOptions } from "../session.ts";
import { withHost } from "../with-host.ts";
import { explanationText } from "./explain.ts";

export type InitializeOptions = GlobalOptions & {
  readonly file: string;
  readonly strict?: boolean;
  readonly validateOnly?: boolean;
  readonly createOnly?: boolean;
  readonly etag?: string;
  readonly label?: readonly string[];
  readonly json?: boolean;
};

/** Creates an instance from a specification file, or replaces its specification. */
export function initializeCommand(terminal: Terminal, name: string, options: InitializeOptions): Promise<number> {
  let hasAsked = false;
  return withHost(
    terminal,
    options,
    async (session) => {
      const { client, change } = session;
      const source = options.file === "-" ? "standard input" : options.file;
      const bytes = await readInTime(session, `the end of ${source}`, (signal) => readSpec(terminal, options.file, signal));
      const file = parseSpecFile(bytes, { strict: options.strict === true });
      hasAsked = true;
      const answer = await client.instances.initializeInstance(requestOf(name, file, options), change);
      answer.warnings.unshift(...file.warnings.map((warning) => create(WarningSchema, warningToProto(warning))));
      if (options.json === true) printJson(terminal, messageJson(InitializeInstanceResponseSchema, answer));
      else printAnswer(terminal, name, answer, options);
      return 0;
    },
    {
      name,
      hasAsked: () => hasAsked,
      wait: {
        what: `the specification of ${name} to be ${options.validateOnly === true ? "checked" : "taken"}`,
        name,
        goesOn: options.validateOnly !== true,
      },
    },
  );
}

function requestOf(
  name: string,
  { spec, labels }: SpecFile,
  { validateOnly = false, createOnly = false, etag = "", label = [] }: InitializeOptions,
) {
  return { name, spec: instanceSpecToProto(spec), labels: { ...labels, ...parseLabels(label) }, validateOnly, createOnly, etag };
}

function printAnswer(
  terminal: Terminal,
  name: string,
  answer: InitializeInstanceResponse,
  { validateOnly, address }: InitializeOptions,
): void {
  printWarnings(terminal, name, answer.warnings);
  const done = answer.created ? "created" : answer.changed ? "replaced" : "unchanged";
  if (validateOnly === true) {
    terminal.out(`${name}: the specification can be used; it would be ${done}\n`);
    if (answer.explanation !== undefined) terminal.out(`\n${explanationText(answer.explanation)}`);
    return;
  }
  const isStale = answer.instance?.status?.pendingRestart === true;
  const isRunning = answer.instance?.status?.readiness !== undefined && answer.instance.status.readiness >= Readiness.NOT_READY;
  const next = isStale
    ? `; it runs with the old specification until: ${nextCommand(address)(`restart ${name}`)}`
    : answer.created && !isRunning
      ? `; start it: ${nextCommand(address)(`start ${name}`)}`
      : "";
  terminal.out(`${name}: ${done}${next}\n`);
}

/** Reads one byte more than allowed at most: the parser then says what is wrong. */
async function readSpec(terminal: Terminal, path: string, signal: AbortSignal): Promise<Uint8Array> {
  const limit = maximumSpecFileBytes + 1;
  if (path === "-") return readAtMost(terminal.stdin, limit, signal);
  const file = await open(resolve(terminal.cwd, path)).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${path}: ${error.code === "ENOENT" ? "no such file" : error.message}`);
  });
  try {
    return await readAtMost(file.createReadStream({ end: limit - 1, autoClose: false }), limit, signal);
  } catch (error) {
    throw new UsageError(
      (error as NodeJS.ErrnoException).code === "EISDIR"
        ? `${path} is a directory; name a file`
        : `cannot read ${path}: ${(error as Error).message}`,
    );
  } finally {
    await file.close();
  }
}

/** An open standard input would keep the process alive: the signal closes it. */
async function readAtMost(source: Readable, limit: number, signal: AbortSignal): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of addAbortSignal(signal, source)) {
    parts.push(Buffer.from(part as Uint8Array));
    bytes += part.length;
    if (bytes >= limit) break;
  }
  return Buffer.concat(parts);
}
