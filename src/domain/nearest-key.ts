/** The known key that was probably meant by `key`: it begins alike, or few letters differ. Undefined when none is near. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  if (key.length > 64) return undefined;
  const meant = plain(key);
  const ranked = known.map((candidate) => ({ candidate, distance: distanceOf(meant, plain(candidate)) }));
  const [best] = ranked.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[_\s-]/g, "");
}

function distanceOf(meant: string, candidate: string): number {
  const beginsAlike = meant.startsWith(candidate) || (meant.length > 2 && candidate.startsWith(meant.slice(0, 3)));
  return beginsAlike ? Math.min(1, editDistance(meant, candidate)) : editDistance(meant, candidate);
}

/** Edits from `a` to `b`: letters put in, left out, replaced, or two neighbours swapped (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (same ? 0 : 1),
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
