import { HostError } from "../../domain/host-error.ts";

/**
 * The error for an archive that is not taken because of one entry.
 *
 * @param problem in words that follow the entry's name, e.g. `is a device`
 */
export function refuseEntry(entry: string, problem: string): HostError {
  const shown = entry.length > 200 ? `${entry.slice(0, 200)}…` : entry;
  return new HostError("UPLOAD_REFUSED", `the archive is refused: its entry ${JSON.stringify(shown)} ${problem}`, {
    metadata: { entry: JSON.stringify(shown).slice(1, -1), problem },
    violations: [{ field: "chunk", description: `entry ${JSON.stringify(shown)} ${problem}` }],
  });
}

/**
 * The error for an archive that is not taken as a whole.
 *
 * @param problem in words that follow "the archive", e.g. `is cut off`
 */
export function refuseArchive(problem: string, cause?: unknown): HostError {
  return new HostError("UPLOAD_REFUSED", `the archive is refused: it ${problem}`, {
    metadata: { entry: "", problem },
    violations: [{ field: "chunk", description: `the archive ${problem}` }],
    cause,
  });
}
