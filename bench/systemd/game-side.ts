/** One way to run the light game, beside others in the same host. The games are prepared; nothing runs. */
export type GameSide = {
  readonly games: readonly Game[];
  /** Untimed: what a start must find, such as no start limit that is used up. */
  prepare(): Promise<void>;
  /** Resolves when the start is answered; the port may be bound later. */
  start(game: Game): Promise<void>;
  /** Starts all of them at once. */
  startAll(): Promise<void>;
  stopAll(): Promise<void>;
  /** Stops the game, unmounts, and discards what it wrote. */
  reset(game: Game): Promise<void>;
};

export type Game = { readonly name: string; readonly port: number };

/** As many games as asked for, `PREFIX0` and so on; the ports are among those that left4me.slice allows. */
export function gamesOf(prefix: string, count: number, firstPort: number): Game[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${prefix}${index}`, port: firstPort + index }));
}

/** The game of a side that has one. */
export function firstGame({ games }: GameSide): Game {
  const [game] = games;
  if (game === undefined) throw new RangeError("the side has no game");
  return game;
}
