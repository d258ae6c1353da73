import { HostError } from "../../../domain/host-error.ts";

/**
 * A place between two entries of an instance's log: in which invocation, behind which byte of its output, and behind how
 * many of the events that stand at that byte. Events at a byte come before the line that begins there.
 */
export type LogPosition = { readonly seq: number; readonly offset: number; readonly events: number };

/** Before everything. */
export const logBeginning: LogPosition = { seq: 0, offset: 0, events: 0 };

const grammar = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,8})$/;

/** Writes a position as `<seq>.<offset>.<events>`. */
export function formatLogPosition({ seq, offset, events }: LogPosition): string {
  return `${seq}.${offset}.${events}`;
}

/** Reads a position; `""` is the beginning. @throws HostError INVALID_CURSOR */
export function parseLogPosition(text: string): LogPosition {
  if (text === "") return logBeginning;
  const match = grammar.exec(text);
  if (match === null) throw invalidPosition(text);
  return { seq: Number(match[1]), offset: Number(match[2]), events: Number(match[3]) };
}

/** The error for a position that was not made by this driver. */
export function invalidPosition(text: string): HostError {
  const shown = text.slice(0, 80);
  return new HostError("INVALID_CURSOR", `${JSON.stringify(shown)} is not a place in this log`, { metadata: { cursor: shown } });
}

/** Negative when `a` comes before `b`. */
export function compareLogPositions(a: LogPosition, b: LogPosition): number {
  return a.seq - b.seq || a.offset - b.offset || a.events - b.events;
}
