import { asHostFailure, Code, ConnectError } from "../../client/index.ts";
import { remarksOn, stateOf } from "../output/contract-words.ts";
import type { Session } from "../session.ts";

/** What a command waits for, to be told when the time is over. */
export type Wait = {
  /** Follows "waited 10 s for". */
  readonly what: string;
  /** The instance whose state shows how far it got. */
  readonly name?: string;
  /** The host goes on with it although nobody waits. */
  readonly goesOn?: boolean;
  /** How far it got, where the command itself knows. */
  readonly seen?: () => string;
};

/** Thrown in the place of a bare DEADLINE_EXCEEDED: exit code 8. */
export class TimeOutError extends Error {
  override readonly name = "TimeOutError";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** How long the look at the instance may take that comes after a time-out, in milliseconds. */
const lookMs = 1000;

/** Puts a {@link TimeOutError} in the place of the caller's own deadline; every other error stays as it is. */
export async function explainTimeOut(error: unknown, session: Session, wait: Wait): Promise<unknown> {
  if (!isOwnTimeOut(error) || session.terminal.interrupted.aborted) return error;
  const seconds = session.read.timeoutMs / 1000;
  const { what, name, goesOn = false } = wait;
  const seen =
    wait.seen?.() ?? (name === undefined ? undefined : await lookAt(session, name)) ?? `nothing was heard from ${session.address}`;
  const longer = `wait longer: --timeout ${Math.ceil(seconds * 4)}s`;
  const log = name === undefined ? "" : `its log: ${session.next(`logs ${name}`)}; `;
  const hint = goesOn
    ? `the host goes on with it; ${log}${longer}`
    : `look whether the host is well: ${session.next("host")}; or ${longer}`;
  return new TimeOutError(`waited ${seconds} s for ${what}; ${seen}`, hint);
}

/** Whether the caller's own deadline ended a call. */
export function isOwnTimeOut(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.DeadlineExceeded && asHostFailure(error) === undefined;
}

/** The instance as it is now; undefined when the host does not say. */
async function lookAt({ client }: Session, name: string): Promise<string | undefined> {
  try {
    const { instance } = await client.instances.getInstance({ name }, { timeoutMs: lookMs });
    return instance === undefined ? undefined : `last seen: ${[stateOf(instance), ...remarksOn(instance)].join("; ")}`;
  } catch (error) {
    return asHostFailure(error) === undefined ? undefined : `last seen: ${(error as ConnectError).rawMessage}`;
  }
}
