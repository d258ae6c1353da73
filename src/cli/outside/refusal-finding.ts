import type { HostFailure } from "../../client/index.ts";
import { type Finding, failing } from "../../domain/finding.ts";

/** What keeps a host from opening; it is the answer to every call then, also to that for a diagnosis. */
const reasons: readonly HostFailure["reason"][] = ["DRIVER_UNAVAILABLE", "STATE_DAMAGED", "SHUTTING_DOWN"];

/** The finding for a host that answers, and cannot open; undefined for any other failure. */
export function refusalFinding({ reason, rawReason, message, metadata }: HostFailure): Finding | undefined {
  if (!reasons.includes(reason)) return undefined;
  const found = message.replace(/\. Cure: [\s\S]*$/, "");
  return failing(
    "daemon",
    `the host cannot open (${rawReason}): ${found}`,
    metadata["cure"] || "see why: journalctl -u left4me-hostd -n 30; then try again",
  );
}
