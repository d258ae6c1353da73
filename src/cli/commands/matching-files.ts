import type { Explanation } from "../../client/index.ts";
import { asBytes, matchesAny, normalizeGlobs } from "../../domain/preserve-glob.ts";

/** Leaves only the files whose path matches, as patterns of `spec.preserve` do. Returns whether there are any. */
export function keepMatchingFiles(explanation: Explanation, pattern: string): boolean {
  const globs = normalizeGlobs([pattern]).map(asBytes);
  const matches = ({ path }: { readonly path: string }) => matchesAny(globs, asBytes(path));
  const { written } = explanation;
  explanation.files = explanation.files.filter(matches);
  if (written !== undefined) written.files = written.files.filter(matches);
  return explanation.files.length + (written?.files.length ?? 0) > 0;
}
