/** What is fuzzed, by the names of the modules in `targets/`, and which share of all inputs each of them gets: quick ones more. */
export const fuzzShares: Readonly<Record<string, number>> = {
  names: 20,
  cursors: 20,
  "preserve-globs": 13,
  "steamcmd-output": 8,
  "journal-export": 8,
  "wire-messages": 8,
  "spec-file": 3,
  "spec-schema": 4,
  "installer-events": 3,
  "tar-entries": 3,
  "log-lines": 0.3,
  packing: 3,
  archive: 1.5,
  conversion: 3,
};

/** The address of a target's module. */
export function targetModule(name: string): URL {
  return new URL(`targets/${name}.ts`, import.meta.url);
}
