import { constants } from "node:os";
import type { UnitFacts } from "./units/unit-properties.ts";

/** A code of sigaction(2)'s si_code. */
const exited = 1;

/** How an installer ended; empty when that is not known. */
export type InstallerEnd = { readonly exitCode?: number; readonly signal?: string };

/** Reads how a unit's main process ended. */
export function installerEnd({ execCode, execStatus }: Pick<UnitFacts, "execCode" | "execStatus">): InstallerEnd {
  if (execCode === 0) return {};
  if (execCode === exited) return { exitCode: execStatus };
  const found = Object.entries(constants.signals).find(([, number]) => number === execStatus);
  return { signal: found === undefined ? `SIG${execStatus}` : found[0] };
}
