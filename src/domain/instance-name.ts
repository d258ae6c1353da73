import { HostError } from "./host-error.ts";

/** The grammar of instance names; the contract and the privileged helpers state the same one. */
export const instanceNamePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Returns the name, or throws INVALID_NAME. */
export function parseInstanceName(name: string): string {
  if (instanceNamePattern.test(name)) return name;
  throw new HostError(
    "INVALID_NAME",
    `${JSON.stringify(clip(name))} is not an instance name: use 1 to 64 characters of a-z, 0-9, "_" and "-", beginning with a letter or digit`,
    {
      metadata: { name: clip(name) },
      violations: [{ field: "name", description: `must match ${instanceNamePattern.source}` }],
    },
  );
}

function clip(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}
