import { setTimeout as sleep } from "node:timers/promises";
import { asHostFailure, ConnectError, type HostClient, WaitFor } from "../../../src/client/index.ts";
import type { EvidenceHost } from "../evidence-host.ts";
import type { Random } from "../random.ts";
import { explanationOf } from "./explained-refusals.ts";
import type { InstanceHistory } from "./instance-history.ts";
import { realStates } from "./real-state.ts";

/** What can happen to an instance: asked of the daemon, done behind its back, or the game's own end. */
const calls = ["start", "start", "start", "start", "stop", "stop", "restart", "restart", "reset"] as const;
const ends = ["SEGV", "KILL", "TERM"] as const;
const byHand = ["start", "stop", "restart", "kill", "stop the overlay"] as const;

type Call = (typeof calls)[number];

/** What is to happen, when, and to whom; `instance` undefined: to the daemon. */
export type LifeEvent =
  | { readonly type: "call"; readonly call: Call; readonly instance: string; readonly delayMs: number }
  | { readonly type: "end"; readonly signal: (typeof ends)[number]; readonly instance: string; readonly delayMs: number }
  | { readonly type: "hand"; readonly order: (typeof byHand)[number]; readonly instance: string; readonly delayMs: number }
  | { readonly type: "daemon"; readonly instance: undefined; readonly delayMs: number };

/** What the events came to. */
export type EventFigures = {
  readonly events: Record<string, number>;
  /** Calls that the host refused for a reason that explains itself, by reason; and what it said the first time. */
  readonly refused: Record<string, number>;
  readonly refusedWith: Record<string, string>;
  /** Calls whose answers were lost with a daemon. */
  lost: number;
  readonly unexpected: string[];
};

/** Chooses what happens until the next quiet moment. The daemon is killed in one of six such salvos. */
export function planSalvo(host: EvidenceHost["driver"], names: readonly string[], size: number, random: Random): LifeEvent[] {
  const events = Array.from({ length: size }, (): LifeEvent => {
    const target = { instance: random.pick(names), delayMs: random.between(0, 1500) };
    const dice = random.next();
    if (dice < 0.6) return { type: "call", call: random.pick(calls), ...target };
    if (dice < 0.8 || host === "embedded") return { type: "end", signal: random.pick(ends), ...target };
    return { type: "hand", order: random.pick(byHand), ...target };
  });
  if (random.next() < 1 / 6) events[0] = { type: "daemon", instance: undefined, delayMs: random.between(0, 1500) };
  return events;
}

/** Lets it all happen at once. Resolves when every call has been answered, refused or lost. */
export async function happen(
  host: EvidenceHost,
  events: readonly LifeEvent[],
  history: InstanceHistory,
  figures: EventFigures,
): Promise<void> {
  const one = async (event: LifeEvent) => {
    await sleep(event.delayMs);
    const what = wordsOf(event);
    figures.events[what] = (figures.events[what] ?? 0) + 1;
    if (event.instance === undefined) history.addToAll(what);
    else history.add(event.instance, what);
    const others = events.filter((other) => other !== event && other.instance === event.instance);
    const outcome = await perform(host, event).then(
      () => "done",
      (error: unknown) => note(what, error, others, figures),
    );
    if (event.instance !== undefined) history.add(event.instance, `${what}: ${outcome}`);
  };
  await Promise.all(events.map(one));
}

function wordsOf(event: LifeEvent): string {
  switch (event.type) {
    case "call":
      return event.call;
    case "end":
      return `the game gets SIG${event.signal}`;
    case "hand":
      return `by hand: ${event.order}`;
    case "daemon":
      return "kill -9 of the daemon";
  }
}

async function perform(host: EvidenceHost, event: LifeEvent): Promise<void> {
  switch (event.type) {
    case "call":
      return callHost(host.client, event.call, event.instance);
    case "end":
      return endGame(host, event.instance, event.signal);
    case "hand":
      return orderByHand(host, event.instance, event.order);
    case "daemon":
      return host.killDaemon();
  }
}

async function callHost({ instances }: HostClient, call: Call, name: string): Promise<void> {
  const waitFor = WaitFor.ACTIVE;
  if (call === "start") await instances.startInstance({ name, waitFor });
  else if (call === "restart") await instances.restartInstance({ name, waitFor });
  else if (call === "stop") await instances.stopInstance({ name });
  else await instances.resetInstance({ name });
}

/** SEGV is a crash, KILL what the kernel or somebody does, TERM lets the game quit by itself. */
async function endGame(host: EvidenceHost, name: string, signal: (typeof ends)[number]): Promise<void> {
  if (host.driver === "systemd") {
    await host.sh(`systemctl kill -s ${signal} left4me-server@${name} 2>/dev/null || true`);
    return;
  }
  const { mainPid = 0 } = (await realStates(host, [name])).get(name) ?? {};
  if (mainPid === 0) return;
  try {
    process.kill(mainPid, `SIG${signal}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** What an administrator does; systemd may refuse it, as when a start meets a stop. */
async function orderByHand(host: EvidenceHost, name: string, order: (typeof byHand)[number]): Promise<void> {
  if (host.driver === "embedded") throw new Error("a host without systemd knows no orders by hand");
  const command =
    order === "stop the overlay"
      ? `stop left4me-overlay@${name}`
      : `${order === "kill" ? "kill --kill-whom=main -s KILL" : order} left4me-server@${name}`;
  await host.sh(`timeout 60 systemctl ${command} 2>/dev/null || true`);
}

/** A refusal needs an explanation in what else happened; without a reason only the daemon's death explains an error. */
function note(what: string, error: unknown, others: readonly LifeEvent[], figures: EventFigures): string {
  const failure = asHostFailure(error);
  if (failure !== undefined) {
    const { reason, message } = failure;
    const why = explanationOf(reason, others);
    if (why === undefined) figures.unexpected.push(`${what} of ${failure.metadata["name"] ?? "an instance"}: ${reason}, ${message}`);
    figures.refused[reason] = (figures.refused[reason] ?? 0) + 1;
    figures.refusedWith[reason] ??= `${why ?? "unexplained"}: ${message}`;
    return `${reason}, ${message}`;
  }
  if (error instanceof ConnectError) figures.lost += 1;
  else figures.unexpected.push(`${what}: ${String(error)}`);
  return String(error);
}
