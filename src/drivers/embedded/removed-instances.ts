/** Far more than a host removes while anybody still asks. */
const most = 1024;

/**
 * The instances that have been removed, the newest: the host knows them a little longer, and whoever asks for their logs
 * meanwhile must not make them again, for nobody would end that log.
 */
export class RemovedInstances {
  readonly #uids = new Set<string>();

  has(uid: string): boolean {
    return this.#uids.has(uid);
  }

  add(uid: string): void {
    this.#uids.add(uid);
    const [oldest] = this.#uids;
    if (this.#uids.size > most && oldest !== undefined) this.#uids.delete(oldest);
  }

  /** It has been made again: the host could not forget it, and starts it. */
  delete(uid: string): void {
    this.#uids.delete(uid);
  }
}
