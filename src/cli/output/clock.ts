/**
 * A time in local time, behind its date unless that is the one of `today`: `18:05:09`, `2026-01-31 18:05:09`.
 *
 * @param today the day on which the command began, so that a time without a date means one day in all that it prints
 */
export function momentOf(date: Date, today: Date): string {
  const day = dayOf(date);
  return day === dayOf(today) ? clockOf(date) : `${day} ${clockOf(date)}`;
}

function dayOf(date: Date): string {
  const [month, day] = [date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day}`;
}

/** The time of day in local time: `18:05:09`. */
export function clockOf(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
