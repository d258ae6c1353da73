import type { HostLog } from "../host/host-log.ts";

/** The levels of a log, from the most talkative. */
const levels = ["debug", "info", "warn", "error"] as const;

/** How a log is written. */
export type LogWriterOptions = {
  readonly format: "text" | "json";
  /** Quieter levels are left out. */
  readonly level: (typeof levels)[number];
  /** Takes whole lines. */
  readonly write: (line: string) => void;
};

/** A log of lines: a JSON object each, or text with the fields behind the message. Never throws. */
export function logWriter({ format, level: quietest, write }: LogWriterOptions): HostLog {
  const render = format === "json" ? jsonLine : textLine;
  return (level, message, fields = {}) => {
    if (levels.indexOf(level) < levels.indexOf(quietest)) return;
    write(`${render(new Date().toISOString(), level, message, fields)}\n`);
  };
}

type Fields = Readonly<Record<string, unknown>>;

function jsonLine(time: string, level: string, message: string, fields: Fields): string {
  const plain = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plainValue(value)]));
  return JSON.stringify({ time, level, message, ...plain });
}

function textLine(time: string, level: string, message: string, fields: Fields): string {
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(plainValue(value))}`);
  return `${time} ${level.padEnd(5)} ${message}${rest.join("")}`;
}

/** Errors with their stack and their causes, for they are logged when something is broken. */
function plainValue(value: unknown): unknown {
  if (!(value instanceof Error)) return typeof value === "bigint" ? String(value) : value;
  const text = value.stack ?? String(value);
  return value.cause === undefined ? text : `${text}\ncaused by ${plainValue(value.cause)}`;
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
