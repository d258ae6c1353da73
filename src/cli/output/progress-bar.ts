/**
 * `[######------------------]`.
 *
 * @param share what is done, 0 to 1; other values count as the nearest of these
 * @param width characters between the brackets
 */
export function progressBar(share: number, width = 24): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}]`;
}
