import type { FollowLogsOptions } from "../../client/index.ts";
import { UsageError } from "../failures/usage-error.ts";
import { parseSince } from "../input/duration.ts";
import { parseLabels } from "../input/labels.ts";
import type { GlobalOptions } from "../session.ts";
import { parsePattern } from "./log-filter.ts";
import type { LogStyle } from "./log-printer.ts";

export type LogsOptions = GlobalOptions & {
  readonly lines?: string;
  readonly follow: boolean;
  readonly plain?: boolean;
  readonly output?: "short" | "cat" | "json";
  readonly label?: readonly string[];
  readonly grep?: string;
  readonly afterCursor?: string;
  readonly since?: string;
  readonly invocation?: string;
};

/** What a command line of `logs` asks for. */
export type LogPlan = {
  /** Without repetitions; none: all instances with the labels. */
  readonly names: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Several logs may be meant: every line says whose it is, and one that fails leaves the others alone. */
  readonly isJoint: boolean;
  readonly style: LogStyle;
  /** Undefined: shows everything. */
  readonly pattern: RegExp | undefined;
  /** What is asked of each log. */
  readonly request: Omit<FollowLogsOptions, "name">;
};

/** Reads names and options. @throws UsageError for those that do not go together or cannot be read */
export function logPlan(names: readonly string[], options: LogsOptions): LogPlan {
  const distinct = [...new Set(names)];
  const labels = parseLabels(options.label ?? []);
  const isLabelled = Object.keys(labels).length > 0;
  if (distinct.length === 0 && !isLabelled) throw new UsageError("name at least one instance, or select some with --label");
  const isJoint = isLabelled || distinct.length > 1;
  if (isJoint) refusePlaces(options);
  const pattern = options.grep === undefined ? undefined : parsePattern(options.grep);
  return { names: distinct, labels, isJoint, style: styleOf(options), pattern, request: requestOf(options) };
}

/** A cursor and an invocation are of one log. */
function refusePlaces({ afterCursor, invocation }: LogsOptions): void {
  if (afterCursor === undefined && invocation === undefined) return;
  const option = afterCursor === undefined ? "--invocation" : "--after-cursor";
  throw new UsageError(`${option} is of one log: name one instance, without --label`);
}

function requestOf(options: LogsOptions): LogPlan["request"] {
  const starts = [options.afterCursor, options.since, options.invocation].filter((start) => start !== undefined);
  if (starts.length > 1) throw new UsageError("give only one of --after-cursor, --since and --invocation");
  return {
    follow: options.follow,
    ...(options.lines === undefined ? {} : { lines: lineCount(options.lines) }),
    ...(options.afterCursor === undefined ? {} : { afterCursor: options.afterCursor }),
    ...(options.since === undefined ? {} : { since: parseSince(options.since) }),
    ...(options.invocation === undefined ? {} : { invocationId: options.invocation }),
  };
}

function lineCount(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) <= 100_000) return Number(text);
  throw new UsageError(`--lines is a number from 0 to 100000, not "${text}"`);
}

function styleOf({ json, plain, output }: LogsOptions): LogStyle {
  if (json === true || output === "json") return "json";
  return plain === true || output === "cat" ? "plain" : "timed";
}
