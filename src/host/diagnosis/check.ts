import { type Finding, failing, warning } from "../../domain/finding.ts";
import { orAborted } from "../or-aborted.ts";

/**
 * One question of a diagnosis. It changes nothing, and says what it found in one finding at least.
 *
 * What it throws becomes a finding of its own: nothing that is broken may keep the others from being told.
 */
export type Check = {
  /** The name of its findings when it fails. */
  readonly name: string;
  run(signal: AbortSignal): Promise<readonly Finding[]> | readonly Finding[];
};

/** How long a check may take, in milliseconds. */
const limitMs = 4000;

/**
 * Runs checks side by side, each within a limit of its own; one that hangs or fails is a finding itself.
 *
 * @param most milliseconds for each. Default: 4000
 * @throws the signal's reason, when it aborts
 */
export async function runChecks(checks: readonly Check[], signal: AbortSignal, most = limitMs): Promise<Finding[]> {
  signal.throwIfAborted();
  const findings = await Promise.all(checks.map((check) => runCheck(check, signal, most)));
  signal.throwIfAborted();
  return findings.flat();
}

async function runCheck({ name, run }: Check, signal: AbortSignal, most: number): Promise<readonly Finding[]> {
  const limit = AbortSignal.timeout(most);
  const ended = AbortSignal.any([signal, limit]);
  try {
    return await orAborted(Promise.resolve(run(ended)), ended);
  } catch (error) {
    if (limit.aborted) return [warning(name, `this could not be found out within ${most / 1000} s`, tryAgain)];
    return [failing(name, `this could not be found out: ${error instanceof Error ? error.message : String(error)}`, tryAgain)];
  }
}

const tryAgain = "look for a disk or a service that hangs (dmesg, systemctl list-jobs), then try again: l4d2ctl doctor";
