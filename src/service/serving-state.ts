import { once } from "node:events";

/** Where a host stands between its start and its end, for health checks and load balancers. */
export class ServingState {
  readonly #draining = new AbortController();
  readonly #closed = new AbortController();

  /** Aborts when the host takes no new work any more. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** Aborts when the host ends its streams. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Health becomes NOT_SERVING. */
  drain(): void {
    this.#draining.abort();
  }

  /** Watches of the health end. */
  close(): void {
    this.#draining.abort();
    this.#closed.abort();
  }
}

/** Waits until one of the signals has aborted. */
export async function anyAborted(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (!any.aborted) await once(any, "abort");
}
