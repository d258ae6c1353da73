import { UsageError } from "../failures/usage-error.ts";

const milliseconds = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `30`, `30s`, `1.5m`, `500ms`, `2h`, `1d` as milliseconds; a bare number means seconds. @throws UsageError */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?$/.exec(text) ?? [];
  if (amount === undefined) throw new UsageError(`"${text}" is not a duration: use a number with ms, s, m, h or d, such as 30s`);
  return Math.ceil(Number(amount) * milliseconds[(unit ?? "s") as keyof typeof milliseconds]);
}

/** The longest `--timeout`: Node's timers end beyond 24.8 days (2^31 ms), and at once. */
const longestTimeoutMs = 24 * milliseconds.d;

/** The value of `--timeout` in milliseconds, which a deadline can be made of: more than 0, and at most 24 days. @throws UsageError */
export function parseTimeout(text: string): number {
  const span = parseDuration(text);
  if (span === 0) throw new UsageError(`--timeout is more than 0, not "${text}"; without it changes and streams have no limit`);
  if (span > longestTimeoutMs) throw new UsageError(`--timeout is at most 24d, not "${text}"`);
  return span;
}

/**
 * A point in time: an ISO 8601 time, local unless it says otherwise, a date (its midnight here), or a duration before now such as
 * `10m`.
 *
 * @throws UsageError
 */
export function parseSince(text: string, now = new Date()): Date {
  if (/^\d+(\.\d+)?\s*[a-z]+$/.test(text)) return new Date(now.getTime() - parseDuration(text));
  // A date alone would be midnight in Greenwich, while times are shown as they are here.
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(isDate ? `${text}T00:00:00` : text) : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) {
    throw new UsageError(`"${text}" is not a time: use 2026-01-31T18:00:00, or a duration before now such as 10m`);
  }
  return time;
}

/** Milliseconds for people, in the largest unit that fits: `850 ms`, `12 s`, `3 min`, `5 h`, `4 d`. */
export function formatDuration(spanMs: number): string {
  const span = Math.max(0, spanMs);
  if (span < 1000) return `${Math.round(span)} ms`;
  if (span < 90_000) return `${Math.round(span / 1000)} s`;
  if (span < 90 * 60_000) return `${Math.round(span / 60_000)} min`;
  if (span < 36 * 3_600_000) return `${Math.round(span / 3_600_000)} h`;
  return `${Math.round(span / 86_400_000)} d`;
}
