import { durationMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { InstanceStatus } from "../../client/index.ts";

/** Samples that lie closer together are not compared, in milliseconds: what the clock rounds would show. */
const shortestSpanMs = 500;

/** Cumulative CPU time of an invocation at a time of the host's clock. */
type Sample = { readonly invocationId: string; readonly timeMs: number; readonly cpuMs: number };

/** Works out what one instance takes of the CPU, from samples of the CPU time that its invocation has taken altogether. */
export class CpuMeter {
  #base: Sample | undefined;
  #percent: number | undefined;

  /**
   * Takes the newest status. Returns percent of one core since the sample before (more than 100 with several cores); undefined
   * while that is unknown: before an invocation's second sample, or when the host has none.
   */
  read(status: InstanceStatus | undefined): number | undefined {
    const sample = sampleOf(status);
    const base = this.#base;
    if (sample === undefined || base === undefined || sample.invocationId !== base.invocationId) return this.#begin(sample);
    const spanMs = sample.timeMs - base.timeMs;
    if (spanMs >= 0 && spanMs < shortestSpanMs) return this.#percent;
    // A clock that was set back.
    if (spanMs < 0 || sample.cpuMs < base.cpuMs) return this.#begin(sample);
    this.#base = sample;
    this.#percent = ((sample.cpuMs - base.cpuMs) / spanMs) * 100;
    return this.#percent;
  }

  #begin(sample: Sample | undefined): undefined {
    this.#base = sample;
    this.#percent = undefined;
    return undefined;
  }
}

function sampleOf(status: InstanceStatus | undefined): Sample | undefined {
  const { cpuTime, sampleTime } = status?.usage ?? {};
  if (status === undefined || cpuTime === undefined || sampleTime === undefined) return undefined;
  return { invocationId: status.invocationId, timeMs: timestampMs(sampleTime), cpuMs: durationMs(cpuTime) };
}
