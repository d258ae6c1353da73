import type { Timestamp } from "@bufbuild/protobuf/wkt";
import {
  Drift,
  type ExitReport,
  type Instance,
  InstanceState,
  type InstanceStatus,
  Readiness,
  Verb,
  type Warning,
} from "../../client/index.ts";
import { describeExit } from "../../domain/exit-report.ts";
import { formatDuration } from "../input/duration.ts";
import { printable, type Terminal } from "./terminal.ts";

/** The name of a value of an enumeration; `#7` for one that this release does not know, "" for UNSPECIFIED. */
export function wordOf(values: Readonly<Record<string, number>>, value: number): string {
  const word = Object.keys(values).find((name) => values[name] === value) ?? `#${value}`;
  return word === "UNSPECIFIED" ? "" : word;
}

/** A time as a Date. Cut to milliseconds, not rounded as `timestampDate` does: a clock must not show a second that has not come. */
export function dateOf(time: Timestamp | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6));
}

/** How long ago a time was. "" when it is unset. */
export function ageOf(time: Timestamp | undefined, now = Date.now()): string {
  const date = dateOf(time);
  return date === undefined ? "" : formatDuration(now - date.getTime());
}

/** `RUNNING`, and `not ready` where that is so. */
export function stateOf({ status }: Instance): string {
  const state = wordOf(InstanceState, status?.state ?? 0) || "unknown";
  return status?.readiness === Readiness.NOT_READY ? `${state}, not ready` : state;
}

/** How an invocation ended, and whether that was wanted. */
export function exitOf(exit: ExitReport | undefined): string {
  if (exit === undefined) return "";
  const { code, signal, oom } = exit;
  const facts = {
    ...(code === undefined ? {} : { code }),
    ...(signal === undefined ? {} : { signal }),
    ...(oom === undefined ? {} : { oom }),
  };
  return exit.intended ? `${describeExit(facts)}, as asked` : describeExit(facts);
}

/** What an operator should notice of an instance, one remark each. */
export function remarksOn(instance: Instance): string[] {
  const { drift = Drift.NONE, restarts = 0 } = instance.status ?? {};
  const departure = driftWords[drift] ?? "";
  return [
    ...activityOn(instance),
    ...(departure === "" ? [] : [departure]),
    ...(restarts > 0 ? [`${restarts} automatic ${restarts === 1 ? "restart" : "restarts"}`] : []),
  ];
}

/** What is being done with an instance, why it failed, and whether a restart is pending, one remark each. */
export function activityOn({ status }: Instance): string[] {
  if (status === undefined) return [];
  const { operation, pendingRestart, state, lastExit } = status;
  return [
    ...(operation === undefined
      ? []
      : [`${wordOf(Verb, operation.verb).toLowerCase()} by ${operation.caller}${operation.step === "" ? "" : `: ${operation.step}`}`]),
    ...(state === InstanceState.FAILED ? [exitOf(lastExit) || "failed"] : []),
    ...(pendingRestart ? ["restart pending"] : []),
  ];
}

/** How an instance departs from what is desired by somebody else's act. "" when it does not, `?` when that is unknown. */
export function driftOf(status: InstanceStatus | undefined): string {
  return driftWords[status?.drift ?? Drift.UNSPECIFIED] ?? "?";
}

const driftWords: Readonly<Record<number, string>> = {
  [Drift.NONE]: "",
  [Drift.STARTED_OUTSIDE]: "started outside",
  [Drift.STOPPED_OUTSIDE]: "stopped outside",
};

/** Prints warnings to standard error. */
export function printWarnings(terminal: Terminal, subject: string, warnings: readonly Pick<Warning, "message">[]): void {
  for (const { message } of warnings) terminal.err(`warning: ${subject}: ${printable(message)}\n`);
}
