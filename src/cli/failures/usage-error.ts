/** Thrown for a command line that cannot be used: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
