import type { Follower } from "./follower.ts";

/** What all followers together were told, and did. */
export function figuresOf(followers: readonly Follower[]): Record<string, unknown> {
  const ledgers = followers.map(({ ledger }) => ledger.figures);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const gaps: Record<string, number> = {};
  for (const ledger of ledgers) for (const [reason, count] of Object.entries(ledger.gaps)) gaps[reason] = (gaps[reason] ?? 0) + count;
  return {
    followers: countBy(followers, ({ kind }) => kind),
    linesDelivered: sum(ledgers.map(({ lines }) => lines)),
    linesInDeclaredGaps: sum(ledgers.map(({ declared }) => declared)),
    unexplained: sum(ledgers.map(({ unexplained }) => unexplained)),
    duplicates: sum(ledgers.map(({ duplicates }) => duplicates)),
    gaps,
    gapsWithoutALoss: sum(ledgers.map(({ needlessGaps }) => needlessGaps)),
    triesToOpen: sum(followers.map(({ tries }) => tries)),
    stalledSeconds: Math.round(sum(followers.map(({ stalledMs }) => stalledMs)) / 1000),
  };
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
