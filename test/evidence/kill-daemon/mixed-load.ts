import { setTimeout as sleep } from "node:timers/promises";
import { asHostFailure, Code, ConnectError, type HostClient, WaitFor } from "../../../src/client/index.ts";
import type { Random } from "../random.ts";
import { whenReachable } from "../when-reachable.ts";

/** What the load knows of one of its instances: whether it must exist, must not, or may (a call's answer was lost). */
export type Existence = "exists" | "missing" | "unknown";

export type LoadReport = { calls: number; answered: number; lost: number; refused: Record<string, number>; unexpected: string[] };

/** Reasons that calls at random moments may be refused for. */
const expectedReasons: readonly string[] = [
  "BUSY",
  "SUPERSEDED",
  "INSTANCE_NOT_FOUND",
  "SHUTTING_DOWN",
  "PORT_IN_USE",
  "INSTANCE_RUNNING",
  "ARCHIVE_NOT_FOUND", // the oldest archives go while one of them is chosen
];

/** What a stand-in game writes and a player would miss. */
const preserved = "left4dead2/addons/sourcemod/data/**";

const verbs = [
  ...["initialize", "start", "start", "start", "stop", "restart", "restart"],
  ...["reset", "reset with an archive", "restore", "restore", "delete"],
] as const;

/**
 * One worker's load on one instance: every kind of mutation, in a random order, until `signal` aborts.
 *
 * @param more reasons that calls may be refused for besides, where more happens to the instance than these calls
 */
export async function loadInstance(
  client: HostClient,
  name: string,
  port: number,
  random: Random,
  report: LoadReport,
  signal: AbortSignal,
  more: readonly string[] = [],
): Promise<Existence> {
  const expected = new Set([...expectedReasons, ...more]);
  let existence: Existence = "missing";
  const calls = callsOn(client, name, port, random);
  while (!signal.aborted) {
    const verb = existence === "missing" ? "initialize" : random.pick(verbs);
    report.calls += 1;
    const before: Existence = existence;
    if (verb === "delete" || verb === "initialize") existence = "unknown";
    try {
      await calls[verb]?.();
      report.answered += 1;
      if (verb === "initialize") existence = "exists";
      if (verb === "delete") existence = "missing";
    } catch (error) {
      const outcome = note(report, verb, error, expected);
      if (outcome === "refused" && existence === "unknown") existence = before;
      if (outcome === "lost") await whenReachable(client, signal);
    }
    await sleep(random.between(0, 60));
  }
  return existence;
}

type Calls = Readonly<Record<string, () => Promise<unknown>>>;

function callsOn({ instances }: HostClient, name: string, port: number, random: Random): Calls {
  return {
    initialize: () =>
      instances.initializeInstance({
        name,
        spec: {
          port,
          config: [`hostname "${random.between(1, 9)}"`, "sim_log_rate 20"],
          preserve: random.next() < 0.5 ? [preserved] : [],
        },
      }),
    start: () => instances.startInstance({ name, waitFor: WaitFor.ACTIVE }),
    stop: () => instances.stopInstance({ name }),
    restart: () => instances.restartInstance({ name, waitFor: WaitFor.ACTIVE }),
    reset: () => instances.resetInstance({ name }),
    "reset with an archive": () => instances.resetInstance({ name, archive: true }),
    async restore() {
      const { archives } = await instances.listArchives({ name });
      if (archives.length === 0) return;
      await instances.stopInstance({ name });
      await instances.restoreArchive({ name, archiveId: random.pick(archives).id });
    },
    async "removal of an archive"() {
      const { archives } = await instances.listArchives({ name });
      if (archives.length > 0) await instances.deleteArchive({ name, archiveId: random.pick(archives).id });
    },
    delete: () => instances.deleteInstance({ name }),
  };
}

/** A refusal changes nothing; a lost connection leaves the outcome open. */
export function note(report: LoadReport, verb: string, error: unknown, expected: ReadonlySet<string>): "refused" | "lost" {
  const failure = asHostFailure(error);
  if (failure !== undefined) {
    report.refused[failure.reason] = (report.refused[failure.reason] ?? 0) + 1;
    if (!expected.has(failure.reason)) report.unexpected.push(`${verb}: ${failure.reason}: ${failure.message}`);
    return "refused";
  }
  report.lost += 1;
  if (!(error instanceof ConnectError && error.code === Code.Unavailable)) report.unexpected.push(`${verb}: ${String(error)}`);
  return "lost";
}
