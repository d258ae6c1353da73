/** How a step fails: before it has done anything, or when it has done all of it. */
export type FaultMoment = "before" | "after";

/** What goes wrong. */
export type FaultPlan = {
  /** The number of the step, from 0. */
  readonly at: number;
  readonly moment: FaultMoment;
  /** An error of the disk has this code. */
  readonly code: "EIO" | "ENOSPC";
  /** Every step from there on fails, not only that one. Default: false. */
  readonly lasting?: boolean;
};

/** Counts the steps of a mutation on a disk and at a driver, and lets one of them fail. */
export class Faults {
  /** What each step was, in their order. */
  readonly steps: string[] = [];
  #plan: FaultPlan | undefined;
  #isArmed = false;

  /** Begins to count at 0; with a plan, lets the step fail. */
  arm(plan?: FaultPlan): void {
    this.steps.length = 0;
    this.#plan = plan;
    this.#isArmed = true;
  }

  /** From now on nothing fails, and nothing is counted. */
  disarm(): void {
    this.#isArmed = false;
  }

  /**
   * Does a step, unless it is to fail.
   *
   * @param error makes the error that it fails with
   * @param undo takes back what nobody could take back who does not know the result
   */
  async step<T>(
    name: string,
    work: () => Promise<T>,
    error: (code: FaultPlan["code"]) => Error,
    undo?: (result: T) => Promise<unknown>,
  ): Promise<T> {
    const plan = this.#next(name);
    if (plan?.moment === "before") throw error(plan.code);
    const result = await work();
    if (plan?.moment !== "after") return result;
    await undo?.(result);
    throw error(plan.code);
  }

  #next(name: string): FaultPlan | undefined {
    if (!this.#isArmed) return undefined;
    const index = this.steps.push(name) - 1;
    const plan = this.#plan;
    if (plan === undefined) return undefined;
    return index === plan.at || (plan.lasting === true && index > plan.at) ? plan : undefined;
  }
}
