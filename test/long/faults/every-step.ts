import { HostError } from "../../../src/domain/host-error.ts";
import type { FaultPlan } from "./faults.ts";
import { FaultyWorld } from "./faulty-world.ts";
import type { Mutation } from "./mutations.ts";

type View = Readonly<Record<string, unknown>>;

/** What a mutation does when nothing fails. */
type Fair = { readonly old: View; readonly new: View; readonly steps: readonly string[] };

const plans: readonly Omit<FaultPlan, "at">[] = [
  { moment: "before", code: "EIO" },
  { moment: "before", code: "ENOSPC" },
  { moment: "after", code: "EIO" },
  { moment: "before", code: "EIO", lasting: true },
];

/** Every step fails in every way only where there is time for it; else each in one of them, in turn. */
const isThorough = process.env["LEFT4ME_FAULTS"] === "all";

/**
 * Lets every step of a mutation fail, each time in a world of its own.
 *
 * @returns how many faults there were, and what was wrong after which of them
 */
export async function failAtEveryStep(mutation: Mutation): Promise<{ readonly faults: number; readonly problems: string[] }> {
  const fair = await withoutFaults(mutation);
  const problems: string[] = [];
  let faults = 0;
  for (const [way, plan] of plans.entries()) {
    for (let at = 0; at < fair.steps.length; at += 1) {
      if (!isThorough && (at + Math.floor(at / plans.length)) % plans.length !== way) continue;
      faults += 1;
      const isLasting = plan.lasting === true ? " and all behind it" : "";
      const title = `step ${at} (${fair.steps[at]})${isLasting}, ${plan.code} ${plan.moment} it`;
      const found = await withFault(mutation, { ...plan, at }, fair).catch((error: unknown) => [`broke: ${stackOf(error)}`]);
      problems.push(...found.map((problem) => `${title}: ${problem}`));
    }
  }
  return { faults, problems };
}

async function withoutFaults(mutation: Mutation): Promise<Fair> {
  return inWorld(mutation, async (world) => {
    const old = await world.view();
    world.faults.arm();
    await mutation.act(world);
    world.faults.disarm();
    const end = mutation.until === undefined ? -1 : world.faults.steps.indexOf(mutation.until);
    return { old, new: await world.view(), steps: world.faults.steps.slice(0, end < 0 ? undefined : end) };
  });
}

async function withFault(mutation: Mutation, plan: FaultPlan, fair: Fair): Promise<string[]> {
  return inWorld(mutation, async (world) => {
    const problems: string[] = [];
    world.faults.arm(plan);
    const outcome = await outcomeOf(() => mutation.act(world));
    const step = world.faults.steps[plan.at];
    world.faults.disarm();
    await world.settled();
    const seen = await world.view();
    if (outcome.error !== undefined && !(outcome.error instanceof HostError)) problems.push(`no typed error: ${stackOf(outcome.error)}`);
    problems.push(...(outcome.error === undefined ? differences(seen, fair.new, mutation.collected ?? []) : neither(seen, fair, mutation)));
    // On a disk on which nothing works any more it cannot be taken back.
    if (plan.lasting !== true) problems.push(...unusedBuilds(world, fair));
    // Whose removal failed is there; and on a disk on which nothing works any more, everything is.
    const isTold = step !== undefined && plan.lasting !== true && !/^(rm|unlink|rmdir|driver: remove|installer: discard) ?/.test(step);
    if (isTold) problems.push(...(await world.leftovers(false)).map((left) => `left: ${left}`));
    // In half of the worlds the same daemon is asked again, in the others the next one.
    if (plan.at % 2 === 0) problems.push(...(await actsAgain(mutation, world, fair, "the same daemon")));
    const before = await world.view();
    // What is written down as begun, the next daemon brings to its end.
    const isPending = plan.lasting === true || (await world.intents().catch(() => [])).length > 0;
    await world.open();
    const after = await world.view();
    const disagreements = differences(after, before, mutation.collected ?? []);
    if (disagreements.length > 0 && !(isPending && differences(after, fair.new, lenient(mutation)).length === 0))
      problems.push(...disagreements.map((difference) => `the next daemon disagrees: ${difference}`));
    if (plan.at % 2 === 1) problems.push(...(await actsAgain(mutation, world, fair, "the next daemon")));
    await world.open();
    problems.push(...(await world.leftovers(true)).map((left) => `left behind a new daemon: ${left}`));
    return problems;
  });
}

/** What an installation that failed has published, and nobody uses. */
function unusedBuilds({ host }: FaultyWorld, { old }: Fair): string[] {
  if (host.installation().job?.phase !== "FAILED") return [];
  const unused = host.builds().filter(({ id, active }) => !active && !String(old["builds"]).includes(id));
  return unused.map(({ id }) => `left by the installation that failed: the build ${id}`);
}

async function actsAgain(mutation: Mutation, world: FaultyWorld, fair: Fair, who: string): Promise<string[]> {
  const { error } = await outcomeOf(() => mutation.act(world));
  if (error !== undefined) return [`${who} cannot do it again: ${stackOf(error)}`];
  return differences(await world.view(), fair.new, lenient(mutation)).map((difference) => `done again by ${who}: ${difference}`);
}

function lenient({ again = [], collected = [] }: Mutation): string[] {
  return [...again, ...collected];
}

async function inWorld<T>(mutation: Mutation, work: (world: FaultyWorld) => Promise<T>): Promise<T> {
  const world = await FaultyWorld.create();
  try {
    await mutation.prepare(world);
    await world.settled();
    return await work(world);
  } finally {
    await world.end();
  }
}

async function outcomeOf(work: () => Promise<unknown>): Promise<{ readonly error?: unknown }> {
  try {
    await work();
    return {};
  } catch (error) {
    return { error: error ?? new Error("nothing was thrown") };
  }
}

/** Where a view differs from what it should be. */
function differences(seen: View, wanted: View, but: readonly string[]): string[] {
  return keysOf(seen, wanted)
    .filter((key) => !but.includes(key) && seen[key] !== wanted[key])
    .map((key) => `${key} is ${seen[key]}, not ${wanted[key]}`);
}

/** What is neither as before nor as it should have become. */
function neither(seen: View, fair: Fair, { between = {}, collected = [] }: Mutation): string[] {
  return keysOf(seen, fair.old, fair.new)
    .filter((key) => !collected.includes(key))
    .filter((key) => ![fair.old[key], fair.new[key], ...(between[key] ?? [])].includes(seen[key]))
    .map((key) => `${key} is ${seen[key]}, neither ${fair.old[key]} nor ${fair.new[key]}`);
}

function keysOf(...views: readonly View[]): string[] {
  return [...new Set(views.flatMap((view) => Object.keys(view)))];
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
