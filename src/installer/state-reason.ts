import type { FailureReason } from "./failure-table.ts";

/** What the states mean in which an update may end; known from the reports of SteamCMD's users. */
const reasons: ReadonlyMap<number, FailureReason> = new Map([
  [0x202, "DISK_FULL"],
  [0x212, "DISK_FULL"],
  [0x402, "STEAM_NETWORK"],
  [0x602, "STEAM_NETWORK"],
  [0x606, "STEAM_DISK_WRITE"],
  [0x626, "STEAM_MISSING_FILES"],
  [0x6a6, "STEAM_CORRUPT"],
]);

/** The reason behind a state such as `0x402`. */
export function stateReason(state: string): FailureReason {
  return reasons.get(Number(state)) ?? "STEAM_STATE";
}
