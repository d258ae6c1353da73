import { once } from "node:events";

/** Where a host stands between its start and its end, for health checks and load balancers. */
export class ServingState {
  readonly #opened = new AbortController();
  readonly #draining = new AbortController();
  readonly #closed = new AbortController();

  /** @param options.isOpen false when the host is still being opened. Default: true. */
  constructor({ isOpen = true }: { readonly isOpen?: boolean } = {}) {
    if (isOpen) this.open();
  }

  /** Aborts when the host takes work. */
  get opened(): AbortSignal {
    return this.#opened.signal;
  }

  /** Aborts when the host takes no new work any more. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** Aborts when the host ends its streams. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  get isServing(): boolean {
    return this.opened.aborted && !this.draining.aborted;
  }

  /** Health becomes SERVING. */
  open(): void {
    this.#opened.abort();
  }

  /** Health becomes NOT_SERVING, for good. */
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
