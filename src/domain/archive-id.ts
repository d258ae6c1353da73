/**
 * The ids of archives: `20261129T101500Z-1a2b` is a time in UTC, and behind it the fraction of the second in 1/65536. So
 * the order of the ids is that of their times. An id becomes the name of a directory: nothing else is one.
 */
export const archiveIdPattern = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/;

const ticksPerSecond = 65_536;

/**
 * Makes the id of a new archive.
 *
 * @param newest the newest id that there is: the new one stands behind it, also after the clock was set back
 */
export function newArchiveId(now: Date, newest?: string): string {
  const ticks = Math.floor((now.getTime() / 1000) * ticksPerSecond);
  return idOf(newest === undefined ? ticks : Math.max(ticks, ticksOf(newest) + 1));
}

/** When an archive was kept, to the millisecond. @throws RangeError when `id` is none */
export function archiveTime(id: string): Date {
  return new Date(Math.round((ticksOf(id) / ticksPerSecond) * 1000));
}

function idOf(ticks: number): string {
  const second = new Date(Math.floor(ticks / ticksPerSecond) * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  return `${second}Z-${(ticks % ticksPerSecond).toString(16).padStart(4, "0")}`;
}

function ticksOf(id: string): number {
  const [, date, hour, minute, second, fraction] = /^(\d{8})T(\d\d)(\d\d)(\d\d)Z-([0-9a-f]{4})$/.exec(id) ?? [];
  const day = date?.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
  const time = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time) || fraction === undefined) throw new RangeError(`${JSON.stringify(id)} is no id of an archive`);
  return (time / 1000) * ticksPerSecond + Number.parseInt(fraction, 16);
}
