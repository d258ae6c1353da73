/** How often failures are followed by a restart; the shape of the port's `restartLimit`. */
export type RestartLimit = {
  readonly burst: number;
  readonly windowSeconds: number;
  readonly firstDelaySeconds: number;
  readonly longestDelaySeconds: number;
};

/** What follows a failure. */
export type RestartDecision =
  | { readonly type: "give-up"; readonly starts: number }
  | { readonly type: "restart"; readonly delaySeconds: number; readonly attempt: number };

/**
 * Decides what follows a failure: the delay doubles with every start within the window, and the start after the
 * `burst`th within it is refused.
 * @param starts when the newest starts were made, in milliseconds since 1970
 */
export function afterFailure(starts: readonly number[], now: number, limit: RestartLimit): RestartDecision {
  const recent = recentStarts(starts, now, limit).length;
  if (recent >= limit.burst) return { type: "give-up", starts: recent };
  const delaySeconds = Math.min(limit.firstDelaySeconds * 2 ** Math.max(0, recent - 1), limit.longestDelaySeconds);
  return { type: "restart", delaySeconds, attempt: recent + 1 };
}

/** The starts that still count. Those in the future were made before the clock was set back: how long ago is unknown. */
export function recentStarts(starts: readonly number[], now: number, limit: RestartLimit): number[] {
  return starts.filter((time) => time > now - limit.windowSeconds * 1000 && time <= now);
}
