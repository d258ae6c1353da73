import { create } from "@bufbuild/protobuf";
import { asHostFailure, type Finding, FindingSchema, Severity } from "../../client/index.ts";
import { type Finding as Found, failing, type Severity as Grade, gravestFirst } from "../../domain/finding.ts";
import type { TriedAddress } from "../failures/host-candidates.ts";
import { isOwnTimeOut } from "../failures/time-out.ts";
import { wordOf } from "../output/contract-words.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import { isColoured, printable, type Terminal } from "../output/terminal.ts";
import { type Outsider, thisOutsider } from "../outside/outsider.ts";
import { refusalFinding } from "../outside/refusal-finding.ts";
import { serviceFindings } from "../outside/service-findings.ts";
import { socketFinding } from "../outside/socket-finding.ts";
import type { GlobalOptions, Session } from "../session.ts";
import { withHost } from "../with-host.ts";

export type DoctorOptions = GlobalOptions & {
  readonly json?: boolean;
  /** Shows what is well, too. */
  readonly all?: boolean;
};

/** The driver's checks may take 9 s, and diagnoses wait for one another; milliseconds. */
const readTimeoutMs = 30_000;

/** How long the host may take to say who it is when its diagnosis did not end, in milliseconds. */
const lookMs = 2000;

/**
 * Has the host examine itself and prints what it found; when none answers, what can be seen from outside.
 *
 * Exit code 1 when anything does not work. With `json` an array of the contract's Finding.
 */
export function doctorCommand(terminal: Terminal, options: DoctorOptions, outsider: Outsider = thisOutsider()): Promise<number> {
  return withHost(terminal, options, async (session) => show(terminal, options, await diagnose(session, outsider)), {
    wait: { what: "the diagnosis" },
    readTimeoutMs,
    unreachable: async (tried) => show(terminal, options, (await lookFromOutside(tried, outsider)).map(toMessage)),
  });
}

/** The host's own findings; of a host that answers and cannot open, what it says, and what is seen from outside. */
async function diagnose(session: Session, outsider: Outsider): Promise<readonly Finding[]> {
  const { client, read, address } = session;
  try {
    return (await client.host.diagnose({}, read)).findings;
  } catch (error) {
    const finding = await findingOf(session, error);
    if (finding === undefined) throw error;
    return gravestFirst([finding, ...(isOfPackage(address) ? await serviceFindings(outsider) : [])]).map(toMessage);
  }
}

/** What the failure of a diagnosis tells of a host that answers; undefined for any other failure. */
async function findingOf(session: Session, error: unknown): Promise<Found | undefined> {
  const failure = asHostFailure(error);
  if (failure !== undefined) return refusalFinding(failure);
  if (!isOwnTimeOut(error) || session.terminal.interrupted.aborted || !(await answers(session))) return undefined;
  const seconds = session.read.timeoutMs / 1000;
  return failing(
    "diagnosis",
    `the host answers, but the diagnosis did not end within ${seconds} s`,
    `wait longer: ${session.next(`doctor --timeout ${Math.ceil(seconds * 4)}s`)}; if that is not enough, look for a disk or a service that hangs (dmesg, systemctl list-jobs)`,
  );
}

/** Whether a host that is slow with one call answers another one. */
async function answers({ client, read: { signal } }: Session): Promise<boolean> {
  try {
    await client.host.getHost({}, { signal, timeoutMs: lookMs });
    return true;
  } catch (error) {
    return asHostFailure(error) !== undefined;
  }
}

/** Whether an address is the one that the package's units listen at. */
function isOfPackage(address: string): boolean {
  return address === "unix:/run/left4me/operator.sock";
}

/** What can be found out without the daemon, the gravest first. */
export async function lookFromOutside(tried: readonly TriedAddress[], outsider: Outsider): Promise<Found[]> {
  const isHere = tried.some(({ address }) => isOfPackage(address));
  const [socket, services] = await Promise.all([socketFinding(tried, outsider), isHere ? serviceFindings(outsider) : []]);
  return gravestFirst([socket, ...services]);
}

const severities: Readonly<Record<Grade, Severity>> = { OK: Severity.OK, WARNING: Severity.WARNING, ERROR: Severity.ERROR };

function toMessage({ check, severity, message, cure }: Found): Finding {
  return create(FindingSchema, { check, severity: severities[severity], message, cure });
}

function show(terminal: Terminal, { json, all }: DoctorOptions, findings: readonly Finding[]): number {
  if (json === true) {
    printJson(
      terminal,
      findings.map((finding) => messageJson(FindingSchema, finding)),
    );
  } else terminal.out(doctorText(findings, { all: all === true, isColoured: isColoured(terminal) }));
  return findings.some(({ severity }) => severity >= Severity.ERROR) ? 1 : 0;
}

/** A paragraph for each finding, and a line that counts them. What is well is counted only, unless all is asked for. */
export function doctorText(findings: readonly Finding[], { all, isColoured: isPainted }: { all: boolean; isColoured: boolean }): string {
  const shown = findings.filter(({ severity }) => all || severity !== Severity.OK);
  return shown.map((finding) => paragraph(finding, isPainted)).join("") + summary(findings, all);
}

const colours: Readonly<Record<number, number>> = { [Severity.OK]: 32, [Severity.WARNING]: 33, [Severity.ERROR]: 31 };

function paragraph({ check, severity, message, cure }: Finding, isPainted: boolean): string {
  const word = wordOf(Severity, severity).padEnd(7);
  const grade = isPainted ? `\x1b[${colours[severity] ?? 31}m${word}\x1b[0m` : word;
  const next = cure === "" ? "" : `         cure: ${printable(cure)}\n`;
  return `${grade}  ${printable(check)}: ${printable(message)}\n${next}`;
}

function summary(findings: readonly Finding[], all: boolean): string {
  const counted = (wanted: Severity) => findings.filter(({ severity }) => severity === wanted).length;
  const many = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  const hint = all || counted(Severity.OK) === 0 ? "" : " (shown with --all)";
  return `${many(counted(Severity.ERROR), "error")}, ${many(counted(Severity.WARNING), "warning")}, ${counted(Severity.OK)} in order${hint}\n`;
}
