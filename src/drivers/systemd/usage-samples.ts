import type { ResourceUsage } from "../../domain/runtime-status.ts";
import { usageOf } from "./cgroup.ts";

/** How old a sample may be, in milliseconds: a list of many instances is to be served from memory. */
const freshMs = 500;

/** What instances use, read at most twice a second each. */
export class UsageSamples {
  readonly #samples = new Map<string, { readonly time: number; readonly usage: ResourceUsage | undefined }>();

  of(name: string): ResourceUsage | undefined {
    const now = Date.now();
    const known = this.#samples.get(name);
    if (known !== undefined && now - known.time < freshMs) return known.usage;
    const usage = usageOf(name);
    this.#samples.set(name, { time: now, usage });
    return usage;
  }

  forget(name: string): void {
    this.#samples.delete(name);
  }
}
