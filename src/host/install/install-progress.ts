import type { InstallJob } from "../../domain/install-job.ts";
import type { InstallerEvent } from "../../domain/installer-agreement.ts";

type Progress = Extract<InstallerEvent, { readonly type: "progress" }>;

/** What an installation tells of its figures; unknown ones are undefined. */
export type InstallFigures = Pick<InstallJob, "percent" | "doneBytes" | "totalBytes" | "bytesPerSecond" | "remainingSeconds">;

/** The rate is that of the last so many seconds. */
const windowMs = 10_000;

/** Turns what an installer tells of bytes into figures for people: the rate, and the time that is left. */
export class InstallProgress {
  #samples: { readonly time: number; readonly bytes: number }[] = [];
  #phase = "";

  /** @param now milliseconds of a clock that does not jump */
  figures({ phase, percent, doneBytes, totalBytes }: Omit<Progress, "type">, now: number): InstallFigures {
    const last = this.#samples.at(-1);
    // Another phase, another platform or another try begins anew.
    if (phase !== this.#phase || (doneBytes !== undefined && last !== undefined && doneBytes < last.bytes)) this.#samples = [];
    this.#phase = phase;
    const rate = doneBytes === undefined ? undefined : this.#rate(doneBytes, now);
    const left =
      rate === undefined || rate === 0 || totalBytes === undefined ? undefined : Math.max(0, totalBytes - (doneBytes ?? 0)) / rate;
    return withoutUnknown({
      percent,
      doneBytes,
      totalBytes,
      bytesPerSecond: rate === undefined ? undefined : Math.round(rate),
      remainingSeconds: left,
    });
  }

  /** Bytes a second; undefined while there is only one sample. */
  #rate(bytes: number, now: number): number | undefined {
    this.#samples.push({ time: now, bytes });
    while (this.#samples.length > 2 && (this.#samples[1]?.time ?? now) <= now - windowMs) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || now - first.time < 1) return undefined;
    return ((bytes - first.bytes) * 1000) / (now - first.time);
  }
}

function withoutUnknown(figures: { readonly [K in keyof InstallFigures]: InstallFigures[K] | undefined }): InstallFigures {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined));
}
