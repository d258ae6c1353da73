import { type Profiler, Session } from "node:inspector";

/** What ran: for each script, 1 for each character of code that did. */
export type Reached = ReadonlyMap<string, Uint8Array>;

/**
 * Which code of this thread has run, block by block, as V8 counts it: the guidance of the search. Nothing is instrumented, so
 * that sources run as they are.
 *
 * To be started before the modules in question are loaded.
 */
export class BlockCoverage {
  readonly #session = new Session();
  readonly #covers: readonly string[];
  readonly #blind: Set<string>;
  #seen = new Map<string, Uint8Array>();

  /** @param covers parts of the paths of the scripts that matter */
  constructor(covers: readonly string[]) {
    this.#covers = covers;
    this.#blind = new Set(covers);
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** The parts that no script has met until now: the search is not guided by what they mean. */
  get blind(): readonly string[] {
    return [...this.#blind];
  }

  /** What ran since the last call. */
  take(): Reached {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error !== null) throw error;
      scripts = taken.result;
    });
    const mattering = scripts.filter(({ url, functions }) => this.#meets(url) && functions.some(ran));
    return new Map(mattering.map((script) => [script.url, paint(script)]));
  }

  /** Whether something ran that had not before. */
  isNew(reached: Reached): boolean {
    for (const [url, now] of reached) {
      const seen = this.#seen.get(url);
      if (seen === undefined) return true;
      for (let at = 0; at < now.length; at += 1) if (now[at] === 1 && seen[at] !== 1) return true;
    }
    return false;
  }

  add(reached: Reached): void {
    for (const [url, now] of reached) {
      const seen = this.#seen.get(url) ?? new Uint8Array();
      const whole = new Uint8Array(Math.max(seen.length, now.length));
      whole.set(seen);
      for (let at = 0; at < now.length; at += 1) if (now[at] === 1) whole[at] = 1;
      this.#seen.set(url, whole);
    }
  }

  #meets(url: string): boolean {
    const parts = this.#covers.filter((part) => url.includes(part));
    for (const part of parts) this.#blind.delete(part);
    return parts.length > 0;
  }

  /** Begins anew. */
  forget(): void {
    this.#seen = new Map();
  }

  /** The share of the loaded modules' characters that ran, 0 to 1; comments within functions count as what is around them. */
  share(): number {
    const all = [...this.#seen.values()];
    const length = all.reduce((sum, seen) => sum + seen.length, 0);
    return length === 0 ? 0 : all.reduce((sum, seen) => sum + seen.reduce((ran, one) => ran + one, 0), 0) / length;
  }
}

function ran({ ranges }: Profiler.FunctionCoverage): boolean {
  return ranges.some(({ count }) => count > 0);
}

/** Ranges are nested, and outer ones come first. */
function paint({ functions }: Profiler.ScriptCoverage): Uint8Array {
  const ranges = functions.flatMap((one) => one.ranges);
  const painted = new Uint8Array(ranges.reduce((end, { endOffset }) => Math.max(end, endOffset), 0));
  for (const { startOffset, endOffset, count } of ranges) painted.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return painted;
}
