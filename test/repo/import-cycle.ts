/** Returns the files of one cycle, the first again at the end; undefined when there is none. */
export function findCycle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  for (const file of imports.keys()) {
    const cycle = visit(file, [], done, imports);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function visit(
  file: string,
  path: readonly string[],
  done: Set<string>,
  imports: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  if (done.has(file)) return undefined;
  for (const next of imports.get(file) ?? []) {
    const cycle = visit(next, [...path, file], done, imports);
    if (cycle !== undefined) return cycle;
  }
  done.add(file);
  return undefined;
}
