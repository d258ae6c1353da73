import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { HostLayout } from "../../../../src/domain/host-layout.ts";
import { scratch } from "./scratch.ts";

/** Copies a root at every step: what a kill -9 at that moment would leave. */
export class CrashRecorder {
  readonly steps: string[] = [];
  /** Roots of the copies, in the order of the steps. */
  readonly roots: string[] = [];
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async begin(context: TestContext): Promise<CrashRecorder> {
    return new CrashRecorder(await scratch(context));
  }

  async record(step: string, layout: HostLayout): Promise<void> {
    const copy = join(this.#directory, String(this.steps.length));
    this.steps.push(step);
    await cp(layout.root, copy, { recursive: true, verbatimSymlinks: true });
    this.roots.push(copy);
  }
}
