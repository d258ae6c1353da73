import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** Where a program may be, by a PATH; what is relative in it does not count. */
export function placesOnPath(program: string, path: string): string[] {
  const directories = path.split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, program));
}

/** Whether an absolute path leads to a file that this user may execute. */
export function isProgram(path: string): boolean {
  if (!isAbsolute(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether a PATH leads to a program that this user may execute. */
export function isOnPath(program: string, path: string): boolean {
  return placesOnPath(program, path).some(isProgram);
}
