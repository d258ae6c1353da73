/** How fake games behave. Every value can be changed while the host runs; times are in milliseconds. */
export type FakeBehaviour = {
  /** How long a start takes until the game runs. Default: 5. */
  startMs: number;
  /** How long a game that runs takes until it executes its configuration and binds its port. Default: 5. */
  bootMs: number;
  /** How long a game that has bound its port takes to become ready. Default: 10. */
  readyMs: number;
  /** How long a game takes to end when it is asked to. Default: 5. */
  stopMs: number;
  /** How long a game that does not end is waited for before it is killed. Default: 15000, as on a real host. */
  killAfterMs: number;
  /** How long after a crash a game is started again. Default: undefined, as on a real host: 1 s, doubled with every start within 120 s. */
  restartMs: number | undefined;
  /** When set, starts fail with START_FAILED, and this is the last line that the game wrote. Default: undefined. */
  startFailure: string | undefined;
};

/** The behaviour of a host that was told nothing. */
export function defaultBehaviour(): FakeBehaviour {
  return { startMs: 5, bootMs: 5, readyMs: 10, stopMs: 5, killAfterMs: 15_000, restartMs: undefined, startFailure: undefined };
}
