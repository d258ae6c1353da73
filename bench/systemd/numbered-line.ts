/** The number at the beginning of a line of the talking game; NaN for other lines. */
export function numberOf(message: string): number {
  return Number.parseInt(message, 10);
}

/** How many milliseconds ago the talking game printed a line; undefined when the line does not tell the time. */
export function ageOf(message: string): number | undefined {
  const at = message.indexOf(" at ");
  const time = at < 0 ? Number.NaN : Number(message.slice(at + 4));
  return Number.isNaN(time) ? undefined : performance.timeOrigin + performance.now() - time * 1000;
}
