import { asConnectionProblem, asHostFailure, Code, ConnectError, type HostFailure } from "../../client/index.ts";
import { describeExit } from "../../domain/exit-report.ts";
import { HostError } from "../../domain/host-error.ts";
import { type NextCommand, nextCommand } from "../next-command.ts";
import { printable, printableLines, type Terminal } from "../output/terminal.ts";
import { endCode } from "../stream-limits.ts";
import { exitCodeOfReason } from "./exit-code.ts";
import { hintFor } from "./hint.ts";
import { problemText, type TriedAddress, UnreachableError } from "./host-candidates.ts";
import { isInputError } from "./input-error.ts";
import { TimeOutError } from "./time-out.ts";
import { UsageError } from "./usage-error.ts";

/** What a failure is about. */
export type FailureContext = {
  /** The instance. */
  readonly name?: string;
  /** Puts the name in front of the message: there are several. */
  readonly isOneOfSeveral?: boolean;
  /** The host that was called. */
  readonly address?: string;
  /** Commands for the same host. Default: those without an address. */
  readonly next?: NextCommand;
};

type ReportContext = FailureContext & { readonly next: NextCommand };

/** What is said of a failure, and the exit code. */
export type FailureReport = {
  readonly exitCode: number;
  readonly message: string;
  readonly details?: string;
  readonly hint?: string | undefined;
};

/** Prints a failure to standard error and returns the exit code for it. */
export function reportFailure(terminal: Terminal, error: unknown, context: FailureContext = {}): number {
  const { exitCode, message, details = "", hint } = reportOf(terminal, error, { next: nextCommand(undefined), ...context });
  const subject = context.isOneOfSeveral === true ? `${context.name}: ` : "";
  const failure = asHostFailure(error);
  if (failure?.reason === "HELPER_FAILED") printStderr(terminal, failure.metadata["stderr"] ?? "");
  terminal.err(`error: ${subject}${printableLines(message)}\n${details}`);
  if (hint !== undefined) terminal.err(`hint: ${printable(hint)}\n`);
  return exitCode;
}

function reportOf(terminal: Terminal, error: unknown, context: ReportContext): FailureReport {
  const failure = asHostFailure(error);
  if (failure !== undefined) return hostSaid(failure, context);
  if (terminal.interrupted.aborted) return interrupted(terminal, context);
  if (error instanceof UnreachableError) return unreachable(error);
  const problem = asConnectionProblem(error);
  if (problem !== undefined)
    return unreachable(new UnreachableError([{ address: context.address ?? "its address", problem: problem.code }]));
  if (error instanceof ConnectError) return callFailed(error, context);
  if (error instanceof HostError)
    return { exitCode: exitCodeOfReason[error.reason], message: violationText(error.message, error.violations) };
  if (error instanceof TimeOutError) return { exitCode: 8, message: error.message, hint: error.hint };
  if (error instanceof UsageError)
    return { exitCode: 2, message: error.message, hint: "l4d2ctl --help shows the commands, l4d2ctl COMMAND --help their options" };
  if (isInputError(error) && error instanceof Error) return { exitCode: 2, message: error.message };
  return {
    exitCode: 1,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hint: "this is a defect of l4d2ctl; please report it",
  };
}

function hostSaid(failure: HostFailure, { name, next }: ReportContext): FailureReport {
  const hint = hintFor(failure, { name: failure.metadata["name"] ?? name, next });
  const known = failure.reason === "UNSPECIFIED" ? 1 : exitCodeOfReason[failure.reason];
  if (failure.reason === "HELPER_FAILED") {
    const { command = "a helper", exit_code = "", signal = "" } = failure.metadata;
    const code = Number(exit_code);
    if (Number.isInteger(code) && code > 0) return { exitCode: Math.min(code, 255), message: `${command} exited with code ${code}`, hint };
    // A unit or a job has neither: the message says what became of it, and where to look.
    return { exitCode: known, message: signal === "" ? failure.message : `${command} was killed by ${signal}`, hint };
  }
  const details = failure.startFailure === undefined ? "" : startDetails(failure.startFailure);
  return { exitCode: known, message: violationText(failure.message, failure.violations), details, hint };
}

function startDetails({ step, exit, lastLines }: NonNullable<HostFailure["startFailure"]>): string {
  const lines = lastLines.map((line) => `  | ${printable(line)}\n`);
  const where = step === "" ? "" : ` (${printable(step)})`;
  if (exit !== undefined) lines.push(`  ended: ${describeExit(definedExit(exit))}${where}\n`);
  else if (step !== "") lines.push(`  failed: ${printable(step)}\n`);
  return lines.join("");
}

function definedExit({ code, signal, oom }: { code?: number | undefined; signal?: string | undefined; oom?: boolean | undefined }) {
  return { ...(code === undefined ? {} : { code }), ...(signal === undefined ? {} : { signal }), ...(oom === undefined ? {} : { oom }) };
}

/** Several violations read better one below the other. */
function violationText(message: string, violations: HostFailure["violations"]): string {
  if (violations.length < 2) return message;
  return [message.split(":")[0], ...violations.map(({ field, description }) => `  ${field}: ${description}`)].join("\n");
}

function interrupted(terminal: Terminal, { name, next }: ReportContext): FailureReport {
  return {
    exitCode: endCode(terminal),
    message: "interrupted",
    ...(name === undefined ? {} : { hint: `the host goes on with it: ${next(`status ${name}`)}` }),
  };
}

function callFailed(error: ConnectError, { name, next }: ReportContext): FailureReport {
  if (error.code === Code.Unavailable)
    return {
      exitCode: 6,
      message: error.rawMessage,
      hint: `look whether it is back: ${next(name === undefined ? "host" : `status ${name}`)}`,
    };
  if (error.code === Code.Unimplemented)
    return {
      exitCode: 10,
      message: `${error.rawMessage}: the server at this address does not know the call`,
      hint: "is it a left4me host, and as new as this l4d2ctl?",
    };
  if (error.code === Code.NotFound) return { exitCode: 3, message: error.rawMessage, hint: `the instances there are: ${next("list")}` };
  return { exitCode: 1, message: error.message };
}

function unreachable({ message, tried }: UnreachableError): FailureReport {
  const list = tried.length > 1 ? tried.map(({ address, problem }) => `  ${address}: ${problemText(problem)}\n`).join("") : "";
  const denied = tried.find(({ problem }) => problem === "EACCES");
  return {
    exitCode: 6,
    message,
    details: list,
    hint:
      denied === undefined
        ? startHint(tried)
        : `you may not open ${denied.address}: join the group of the socket (ls -l shows it) and log in again`,
  };
}

function startHint(tried: readonly TriedAddress[]): string {
  const isLocal = tried.every(({ address }) => address.startsWith("unix:"));
  if (!isLocal) return "check address, port and firewall; on the host itself: l4d2ctl --address unix:/run/left4me/operator.sock host";
  return "start a host: systemctl start left4me-hostd (package), npm start (clone), left4me-hostd (anywhere, without root); or name one: --address, LEFT4ME_ADDRESS";
}

/** What a program wrote is a stranger's word; its lines stay lines. */
function printStderr(terminal: Terminal, text: string): void {
  if (text !== "") terminal.err(`${printableLines(text.replace(/\n$/, ""))}\n`);
}
