import { describeExit, type ExitFacts } from "../../domain/exit-report.ts";
import { HostError } from "../../domain/host-error.ts";
import { helperError, unitFailed } from "./orders/helper-error.ts";
import { readFailure } from "./orders/run-directory.ts";
import { unitName } from "./units/unit-names.ts";
import type { OrderOutcome } from "./units/unit-orders.ts";
import type { UnitFacts } from "./units/unit-properties.ts";

/** From here on exit codes are systemd's own: what it could not set up for the program (systemd.exec(5), "Process Exit Codes"). */
const firstSystemdCode = 200;

/** What may befall this unit, in systemd's words. */
const codeNames: Readonly<Record<number, string>> = {
  200: "CHDIR",
  203: "EXEC",
  205: "LIMITS",
  209: "STDOUT",
  217: "USER",
  218: "CAPABILITIES",
  219: "CGROUP",
  225: "NETWORK",
  226: "NAMESPACE",
  228: "SECCOMP",
};

/** Ends of a job that say nothing of the unit itself. */
export const jobEnds: Readonly<Record<string, string>> = {
  canceled: "another order to systemd took its place",
  dependency: "a unit that it requires could not be started; journalctl -b _PID=1 says which",
};

/** What is known of a start that was not done. */
export type FailedStart = {
  readonly name: string;
  readonly outcome: OrderOutcome;
  readonly overlay: UnitFacts;
  /** How the game of this start ended, if it ever ran. */
  readonly exit?: ExitFacts;
};

/** The error for a start that was not done: the mount's, else the program's, else what the transport says. */
export function startError({ name, outcome, overlay, exit }: FailedStart): HostError {
  if (overlay.activeState === "failed") return mountError(name, overlay);
  if (exit !== undefined) return programError(name, exit);
  const command = `systemctl start ${unitName("server", name)}`;
  return outcome.error ?? unitFailed(command, jobEnds[outcome.result] ?? `its job ended with "${outcome.result}"`);
}

function mountError(name: string, { invocationId, result }: UnitFacts): HostError {
  const failure = readFailure("mount", name, invocationId);
  if (failure !== undefined) return helperError(failure);
  return unitFailed(`left4me-overlay mount ${name}`, `${unitName("overlay", name)} ended with "${result}"`);
}

function isSystemdCode({ code }: ExitFacts): boolean {
  return code !== undefined && code >= firstSystemdCode;
}

function programError(name: string, exit: ExitFacts): HostError {
  const how = describeExit(exit);
  const codeName = codeNames[exit.code ?? 0];
  const shown = codeName === undefined ? how : `${how} (${codeName})`;
  const what = isSystemdCode(exit) ? "its sandbox could not be set up" : "it could not be executed";
  return new HostError("START_FAILED", `the game of "${name}" ${shown}: ${what}; systemctl status ${unitName("server", name)} says why`, {
    metadata: { name, exit: how },
    startFailure: { step: "exec", exit: { ...exit, intended: false, lastLines: [] } },
  });
}
