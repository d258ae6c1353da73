import { coalesced } from "./coalesced.ts";
import type { InstanceFeed } from "./feed/instance-feed.ts";
import type { JournalFollower } from "./source/journal-follower.ts";
import type { JournalPoint } from "./source/journal-point.ts";

/** What can be asked of journald. */
export type JournaldMeans = {
  /** How far the journal is; undefined where that cannot be known. */
  current(): JournalPoint | undefined;
  /** Resolves when journald has taken what games had written before. */
  turns(): Promise<void>;
};

/** How long the follower may hear nothing although journald has something, in milliseconds; it may have to be started anew. */
const patienceMs = 15_000;
/** The same when it has let that pass, until it hears something again. */
const silentMs = 2000;
/** The same where nobody can tell how far journald is: it tells its readers every 250 ms. */
const blindMs = 350;
/** How often, at most, an end is looked for behind the lines of an invocation that has ended. */
const mostDrains = 100;

/** How far journald is, and waiting until the follower has told that much. */
export class Arrivals {
  readonly #means: JournaldMeans;
  readonly #turns: () => Promise<void>;
  readonly #follower: JournalFollower;
  /** The last entry before it heard nothing for too long. */
  #silentSince: string | undefined;

  constructor(means: JournaldMeans, follower: JournalFollower) {
    this.#means = means;
    this.#turns = coalesced(() => means.turns());
    this.#follower = follower;
  }

  /** The place of what happens now. */
  get mark(): JournalPoint {
    return this.#means.current() ?? { sequenceId: "", sequence: 0, time: Date.now() * 1000 };
  }

  /** How many entries the follower is behind; 0 where that cannot be known. */
  get behind(): number {
    const { last } = this.#follower;
    const current = this.#means.current();
    return current?.sequenceId === last.sequenceId ? current.sequence - last.sequence : 0;
  }

  /** Waits until all has been told up to a place. */
  async reach(point: JournalPoint): Promise<void> {
    if (point.sequence === 0) return void (await this.#follower.reach(point, blindMs));
    const isSilent = this.#follower.last.text === this.#silentSince;
    const isReached = await this.#follower.reach(point, isSilent ? silentMs : patienceMs);
    if (!isReached) this.#silentSince = this.#follower.last.text;
  }

  /** Waits until all has been told that was printed before the call. */
  async present(): Promise<void> {
    await this.#turns();
    await this.reach(this.mark);
  }

  /** The last words of a game may still be in its socket: journald is asked until nothing more comes. */
  async drain(feed: InstanceFeed): Promise<void> {
    for (let round = 0, received = -1; received !== feed.received && round < mostDrains && !feed.closed; round += 1) {
      received = feed.received;
      await this.present();
    }
  }
}
