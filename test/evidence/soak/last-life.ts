import type { Sample } from "./sample.ts";

/** The life of the daemon that is there at the end, as far as it was looked at. */
export type LastLife = {
  /** How long it lived under our eyes. */
  readonly seconds: number;
  /** The looks behind its warm-up. */
  readonly grownUp: readonly Sample[];
};

/**
 * The daemon that lives to the end, from its first look on. One that was replaced on the way shows by its number, and leaves a short life.
 *
 * @param warmUpShare what share of its life is its warm-up
 */
export function lastLife(samples: readonly Sample[], warmUpShare: number): LastLife {
  const pid = samples.at(-1)?.daemonPid;
  const life = samples.slice(samples.findLastIndex(({ daemonPid }) => daemonPid !== pid) + 1);
  const [first, last] = [life[0]?.seconds ?? 0, life.at(-1)?.seconds ?? 0];
  const from = first + warmUpShare * (last - first);
  return { seconds: last - first, grownUp: life.filter(({ seconds }) => seconds >= from) };
}
