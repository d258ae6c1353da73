import type { JsonValue } from "@bufbuild/protobuf";
import {
  DeleteInstanceResponseSchema,
  type Instance,
  Readiness,
  ResetInstanceResponseSchema,
  RestartInstanceResponseSchema,
  StartInstanceResponseSchema,
  StopInstanceResponseSchema,
  WaitFor,
} from "../../client/index.ts";
import { eachName } from "../each-name.ts";
import { UsageError } from "../failures/usage-error.ts";
import { parseLabels } from "../input/labels.ts";
import { printWarnings } from "../output/contract-words.ts";
import { messageJson } from "../output/json-output.ts";
import type { Terminal } from "../output/terminal.ts";
import { selectInstances } from "../select-instances.ts";
import type { GlobalOptions, Session } from "../session.ts";
import { withHost } from "../with-host.ts";

/** The commands that change the state of instances. */
export type LifecycleVerb = "start" | "stop" | "restart" | "reset" | "delete";

export type LifecycleOptions = GlobalOptions & {
  readonly waitFor?: string;
  readonly archive?: boolean;
  readonly json?: boolean;
  readonly label?: readonly string[];
  readonly atOnce?: string;
};

/** What one call came to: a line for people, a document for programs. */
type Outcome = { readonly line: string; readonly json: JsonValue };
type Act = (session: Session, name: string, options: LifecycleOptions) => Promise<Outcome>;

const acts: Readonly<Record<LifecycleVerb, Act>> = {
  async start({ client, change, terminal }, name, options) {
    const answer = await client.instances.startInstance({ name, waitFor: waitForOf(options) }, change);
    printWarnings(terminal, name, answer.warnings);
    return {
      line: runningLine(answer.changed ? "started" : "already running", answer.instance),
      json: messageJson(StartInstanceResponseSchema, answer),
    };
  },
  async stop({ client, change }, name) {
    const answer = await client.instances.stopInstance({ name }, change);
    return { line: answer.changed ? "stopped" : "already stopped", json: messageJson(StopInstanceResponseSchema, answer) };
  },
  async restart({ client, change, terminal }, name, options) {
    const answer = await client.instances.restartInstance({ name, waitFor: waitForOf(options) }, change);
    printWarnings(terminal, name, answer.warnings);
    return { line: runningLine("restarted", answer.instance), json: messageJson(RestartInstanceResponseSchema, answer) };
  },
  async reset({ client, change }, name, { archive = false }) {
    const answer = await client.instances.resetInstance({ name, archive }, change);
    const kept = answer.archiveId === "" ? "" : `, kept as archive ${answer.archiveId}`;
    return { line: answer.changed ? `reset${kept}` : "nothing to reset", json: messageJson(ResetInstanceResponseSchema, answer) };
  },
  async delete({ client, change }, name) {
    const answer = await client.instances.deleteInstance({ name }, change);
    return {
      line: answer.changed ? "deleted" : "no such instance, nothing to delete",
      json: messageJson(DeleteInstanceResponseSchema, answer),
    };
  },
};

/**
 * Runs a verb for every name, or for the instances with the labels, and prints a line for each as it is done. A name that has not the
 * labels is a failure of its own.
 *
 * @throws UsageError before the host is asked
 */
export async function lifecycleCommand(
  terminal: Terminal,
  verb: LifecycleVerb,
  names: readonly string[],
  options: LifecycleOptions,
): Promise<number> {
  const labels = parseLabels(options.label ?? []);
  const isLabelled = options.label !== undefined;
  if (names.length === 0 && !isLabelled) throw new UsageError("name at least one instance, or select some with --label");
  const limit = options.atOnce === undefined ? undefined : countOf(options.atOnce);
  const wait = (name: string) => ({ what: `${name} ${goals[verb](options)}`, name, goesOn: true });
  const use = async (session: Session) => {
    const chosen = isLabelled ? await selectInstances(session, names, labels) : { names, failures: [] };
    const refused = new Map(chosen.failures);
    const act = async (name: string) => {
      const failure = refused.get(name);
      if (failure !== undefined) throw failure;
      const { line, json } = await acts[verb](session, name, options);
      if (options.json !== true) terminal.out(`${name}: ${line}\n`);
      return json;
    };
    return eachName(session, names.length === 0 ? chosen.names : names, act, { json: options.json, isJoint: isLabelled, limit, wait });
  };
  return await withHost(terminal, options, use, { wait: isLabelled ? { what: "the list of instances" } : wait(names.join(", ")) });
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`--at-once is a number from 1 to 999999, not "${text}"`);
}

/** What each verb waits for. */
const goals: Readonly<Record<LifecycleVerb, (options: LifecycleOptions) => string>> = {
  start: ({ waitFor }) => (waitFor === "active" ? "to start" : "to start and become ready"),
  stop: () => "to stop",
  restart: ({ waitFor }) => (waitFor === "active" ? "to stop and start" : "to stop, start and become ready"),
  reset: () => "to be reset",
  delete: () => "to be deleted",
};

function waitForOf({ waitFor = "ready" }: LifecycleOptions): WaitFor {
  if (waitFor === "ready") return WaitFor.READY;
  if (waitFor === "active") return WaitFor.ACTIVE;
  throw new UsageError(`--wait-for is active or ready, not "${waitFor}"`);
}

function runningLine(done: string, instance: Instance | undefined): string {
  const port = instance?.spec === undefined ? "" : `, port ${instance.spec.port}`;
  return `${done}${instance?.status?.readiness === Readiness.NOT_READY ? ", not ready yet" : ""}${port}`;
}
