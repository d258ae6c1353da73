import type { InstallOrder } from "../../../src/domain/installer-agreement.ts";
import { ScriptedRunner } from "../../unit/host/install/scripted-runner.ts";
import type { Faults } from "./faults.ts";
import { orderFailed } from "./faulty-driver.ts";

/** A scripted installer, whose orders are steps that may fail before or after they have done their work. */
export class FaultyRunner extends ScriptedRunner {
  readonly #faults: Faults;

  constructor(directory: string, faults: Faults) {
    super(directory);
    this.#faults = faults;
  }

  override start(order: InstallOrder, layers: readonly string[]): Promise<void> {
    return this.#order("start", () => super.start(order, layers));
  }

  override handOver(target: string): Promise<void> {
    return this.#order("hand-over", () => super.handOver(target));
  }

  override discard(): Promise<void> {
    return this.#order("discard", () => super.discard());
  }

  #order<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#faults.step(`installer: ${what}`, work, () => orderFailed(`the stage: ${what}`));
  }
}
