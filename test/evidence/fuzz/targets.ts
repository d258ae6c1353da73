/** What is fuzzed, by the names of the modules in `targets/`, and which share of all inputs each of them gets: quick ones more. */
export const fuzzShares: Readonly<Record<string, number>> = {
  names: 27,
  cursors: 28,
  "preserve-globs": 18,
  "steamcmd-output": 7,
  "journal-export": 6,
  "wire-messages": 4,
  "spec-file": 1,
  "spec-schema": 2,
  "installer-events": 0.8,
  "tar-entries": 0.5,
  "log-lines": 0.3,
  packing: 1,
  archive: 0.3,
  conversion: 0.5,
};

/** The address of a target's module. */
export function targetModule(name: string): URL {
  return new URL(`targets/${name}.ts`, import.meta.url);
}
