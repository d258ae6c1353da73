const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes for people: `512 B`, `1.5 GiB`. "" for unknown. */
export function formatBytes(bytes: bigint | number | undefined): string {
  if (bytes === undefined) return "";
  let amount = Number(bytes);
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`;
}
