/** Who owns what is published. Without one, files belong to the process that writes them. */
export type TreeOwner = {
  /** -1 leaves the user as it is. */
  readonly uid: number;
  readonly gid: number;
};

/** Directories of every lower tree: the game writes through merged by its group. */
export const directoryMode = 0o775;

/** The normalised mode of a regular file: what matters is whether it can be executed. */
export function fileMode(executable: boolean): number {
  return executable ? 0o775 : 0o664;
}

/** Whether a mode lets anybody execute. */
export function isExecutable(mode: number): boolean {
  return (mode & 0o111) !== 0;
}
