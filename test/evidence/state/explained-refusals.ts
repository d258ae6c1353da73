import type { LifeEvent } from "./life-events.ts";

type Kind = LifeEvent["type"];

/** Why a host may refuse a call here, and what must have happened to the same instance, between the same two quiet moments, for that. */
const explanations: Readonly<Record<string, { readonly why: string; readonly needs: readonly Kind[] }>> = {
  SUPERSEDED: { why: "a later call took its place", needs: ["call"] },
  BUSY: { why: "another call was under way", needs: ["call"] },
  START_FAILED: { why: "the game was ended, by a signal or by hand, before it was up", needs: ["end", "hand"] },
  HELPER_FAILED: { why: "an administrator's order undid the job that the call waited for", needs: ["hand"] },
};

/**
 * Why a call was refused; undefined when nothing that happened explains it.
 *
 * @param others what else happened to the same instance since the last quiet moment
 */
export function explanationOf(reason: string, others: readonly LifeEvent[]): string | undefined {
  const explanation = explanations[reason];
  return explanation !== undefined && others.some(({ type }) => explanation.needs.includes(type)) ? explanation.why : undefined;
}
