import { asConnectionProblem, asHostFailure, type ReconnectOptions } from "../../client/index.ts";
import { problemText } from "./host-candidates.ts";

/** One attempt to open a stream again. */
export type Attempt = Parameters<NonNullable<ReconnectOptions["onReconnect"]>>[0];

/**
 * Knows whether the host is out of reach: an outage is told once, however many streams it breaks and however often each of
 * them is opened again.
 */
export class Outages {
  readonly #lost = new Set<string>();

  /** A stream has to be opened again. Returns why, for people, when that is an outage which nobody was told of yet. */
  lost(stream: string, { error }: Pick<Attempt, "error">): string | undefined {
    // The host ended the stream in order: nothing was lost.
    if (error === undefined) return undefined;
    const isKnown = this.#lost.size > 0;
    this.#lost.add(stream);
    return isKnown ? undefined : causeOf(error);
  }

  /** A stream works again, or the host has ended it. Returns whether that ends an outage. */
  back(stream: string): boolean {
    return this.#lost.delete(stream) && this.#lost.size === 0;
  }
}

function causeOf(error: unknown): string {
  const problem = asConnectionProblem(error);
  return asHostFailure(error)?.message ?? (problem === undefined ? "the stream broke" : problemText(problem.code));
}
