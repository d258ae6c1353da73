import type { UnitFacts } from "./units/unit-properties.ts";
import { exited, signalName } from "./units/wait-status.ts";

/** How an installer ended; empty when that is not known. */
export type InstallerEnd = { readonly exitCode?: number; readonly signal?: string };

/** Reads how a unit's main process ended. */
export function installerEnd({ execCode, execStatus }: Pick<UnitFacts, "execCode" | "execStatus">): InstallerEnd {
  if (execCode === 0) return {};
  return execCode === exited ? { exitCode: execStatus } : { signal: signalName(execStatus) };
}
