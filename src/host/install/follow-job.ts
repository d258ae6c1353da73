import { type InstallJob, type InstallLine, isOver } from "../../domain/install-job.ts";
import type { InstallEvent } from "../api.ts";
import type { Waiters } from "../streams/waiters.ts";

/** A job as it is now. */
export type JobView = {
  readonly job: InstallJob;
  /** Its lines behind the one with this number, oldest first. */
  readonly lines: (afterSequence: number) => readonly InstallLine[];
};

/** A state is told at every change of the phase, and else so often at most, in milliseconds. */
const stateEveryMs = 1000;

/**
 * Yields a job's state and lines as they come, and ends behind its last state.
 *
 * @param look is asked anew after every change @param changes wakes behind each @throws what `look` throws; the signal's reason
 */
export async function* followJob(
  look: () => JobView,
  changes: Waiters,
  afterSequence: number,
  signal: AbortSignal,
): AsyncGenerator<InstallEvent> {
  let sequence = afterSequence;
  let told: InstallJob | undefined;
  let toldAt = 0;
  while (true) {
    const { job, lines } = look();
    const now = performance.now(); // clocks may jump
    const isDue = told === undefined || job.phase !== told.phase || (job !== told && now - toldAt >= stateEveryMs);
    if (isOver(job)) {
      for (const line of lines(sequence)) yield { type: "line", line };
      yield { type: "job", job };
      return;
    }
    if (isDue) {
      yield { type: "job", job };
      told = job;
      toldAt = now;
    }
    const news = lines(sequence); // behind the yield: nothing may come between this look and the wait
    for (const line of news) yield { type: "line", line };
    sequence = news.at(-1)?.sequence ?? sequence;
    if (news.length === 0) await changes.wait(signal, stateEveryMs);
    signal.throwIfAborted();
  }
}
