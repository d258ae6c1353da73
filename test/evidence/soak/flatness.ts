import { type FigureName, figureNames, type Sample } from "./sample.ts";

/** How much more of a thing there may be at the end than at the beginning: so much, or such a share of it. */
type Allowed = { readonly more: number; readonly share: number };

/**
 * Games come and go at random, and each is two mounts, three groups and two units: medians of a third of the time differ by a few
 * without a leak. What leaks with each start, call or stream is there hundreds of times in the nine minutes that are judged.
 */
export const allowed: Readonly<Record<FigureName, Allowed>> = {
  daemonMb: { more: 8, share: 0.1 },
  daemonDescriptors: { more: 5, share: 0 },
  daemonChildren: { more: 1, share: 0 },
  systemdMb: { more: 2, share: 0.1 },
  systemdDescriptors: { more: 12, share: 0 },
  mounts: { more: 6, share: 0 },
  cgroups: { more: 10, share: 0 },
  units: { more: 8, share: 0 },
  runFiles: { more: 4, share: 0 },
  temporaryFiles: { more: 1, share: 0 },
};

/** A figure of the first and of the last third of the time that is judged. */
export type Trend = { readonly first: number; readonly last: number; readonly samples: number };

/** Medians of the first and the last third of the time; a single look says nothing. */
export function trendsOf(samples: readonly Sample[]): Readonly<Partial<Record<FigureName, Trend>>> {
  const times = samples.map(({ seconds }) => seconds);
  const [begin, end] = [Math.min(...times), Math.max(...times)];
  const third = (end - begin) / 3;
  const within = (from: number, to: number, name: FigureName) =>
    samples.flatMap((sample) => (sample.seconds >= from && sample.seconds <= to ? (sample[name] ?? []) : []));
  const trends = figureNames.flatMap((name): [FigureName, Trend][] => {
    const [first, last] = [within(begin, begin + third, name), within(end - third, end, name)];
    if (first.length === 0 || last.length === 0) return [];
    return [[name, { first: median(first), last: median(last), samples: first.length + last.length }]];
  });
  return Object.fromEntries(trends);
}

/**
 * What has grown by more than is allowed, and what was not seen often enough to tell.
 *
 * @param least so many looks are needed; 0: what was not seen is not judged
 * @param judged default: all
 */
export function growth(samples: readonly Sample[], least: number, judged: readonly FigureName[] = figureNames): string[] {
  const trends = trendsOf(samples);
  return judged.flatMap((name) => {
    const trend = trends[name];
    if (trend === undefined && least === 0) return [];
    if (trend === undefined || trend.samples < least) return [`${name}: only ${trend?.samples ?? 0} looks`];
    const most = trend.first + Math.max(allowed[name].more, allowed[name].share * trend.first);
    return trend.last <= most ? [] : [`${name} has grown from ${trend.first} to ${trend.last}; at most ${most} is allowed`];
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
