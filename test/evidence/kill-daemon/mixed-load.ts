import { setTimeout as sleep } from "node:timers/promises";
import { asHostFailure, Code, ConnectError, type HostClient, WaitFor } from "../../../src/client/index.ts";
import type { Random } from "../random.ts";
import { whenReachable } from "../when-reachable.ts";

/** What the load knows of one of its instances: whether it must exist, must not, or may (a call's answer was lost). */
export type Existence = "exists" | "missing" | "unknown";

export type LoadReport = { calls: number; answered: number; lost: number; refused: Record<string, number>; unexpected: string[] };

/** Reasons that calls at random moments may be refused for. */
const expectedReasons = new Set(["BUSY", "SUPERSEDED", "INSTANCE_NOT_FOUND", "SHUTTING_DOWN", "PORT_IN_USE"]);

/** One worker's load on one instance: every kind of mutation, in a random order, until `signal` aborts. */
export async function loadInstance(
  client: HostClient,
  name: string,
  port: number,
  random: Random,
  report: LoadReport,
  signal: AbortSignal,
): Promise<Existence> {
  let existence: Existence = "missing";
  const calls = {
    initialize: () =>
      client.instances.initializeInstance({ name, spec: { port, config: [`hostname "${random.between(1, 9)}"`, "sim_log_rate 20"] } }),
    start: () => client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE }),
    stop: () => client.instances.stopInstance({ name }),
    restart: () => client.instances.restartInstance({ name, waitFor: WaitFor.ACTIVE }),
    reset: () => client.instances.resetInstance({ name }),
    delete: () => client.instances.deleteInstance({ name }),
  };
  while (!signal.aborted) {
    const verb =
      existence === "missing"
        ? "initialize"
        : random.pick(["initialize", "start", "start", "start", "stop", "restart", "restart", "reset", "delete"] as const);
    report.calls += 1;
    const before: Existence = existence;
    if (verb === "delete" || verb === "initialize") existence = "unknown";
    try {
      await calls[verb]();
      report.answered += 1;
      if (verb === "initialize") existence = "exists";
      if (verb === "delete") existence = "missing";
    } catch (error) {
      const outcome = note(report, verb, error);
      if (outcome === "refused" && existence === "unknown") existence = before;
      if (outcome === "lost") await whenReachable(client, signal);
    }
    await sleep(random.between(0, 60));
  }
  return existence;
}

/** A refusal changes nothing; a lost connection leaves the outcome open. */
function note(report: LoadReport, verb: string, error: unknown): "refused" | "lost" {
  const failure = asHostFailure(error);
  if (failure !== undefined) {
    report.refused[failure.reason] = (report.refused[failure.reason] ?? 0) + 1;
    if (!expectedReasons.has(failure.reason)) report.unexpected.push(`${verb}: ${failure.reason}: ${failure.message}`);
    return "refused";
  }
  report.lost += 1;
  if (!(error instanceof ConnectError && error.code === Code.Unavailable)) report.unexpected.push(`${verb}: ${String(error)}`);
  return "lost";
}
