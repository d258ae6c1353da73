import { type BusSignal, connectSystemBus } from "../../src/drivers/systemd/bus/bus-connection.ts";
import { JobResults } from "../../src/drivers/systemd/bus/job-results.ts";
import { SystemdManager } from "../../src/drivers/systemd/bus/systemd-manager.ts";

/** PID 1 by a connection that is kept, as root: without the program systemctl and without polkit. */
export class KeptBus {
  readonly #manager: SystemdManager;
  readonly #jobs: JobResults;

  private constructor(manager: SystemdManager, jobs: JobResults) {
    this.#manager = manager;
    this.#jobs = jobs;
  }

  /** @param onSignal called with every signal about units */
  static async connect(onSignal: (signal: BusSignal) => void = () => {}): Promise<KeptBus> {
    const jobs = new JobResults();
    const bus = await connectSystemBus((signal) => {
      const [, job, , result] = signal.body;
      if (signal.member === "JobRemoved") jobs.ended(job as string, result as string);
      onSignal(signal);
    });
    const manager = new SystemdManager(bus);
    await manager.subscribe();
    return new KeptBus(manager, jobs);
  }

  /** Resolves when the start has ended. @throws Error when it did not end well */
  async start(unit: string): Promise<void> {
    const result = await this.#jobs.of(await this.#manager.start(unit), { verb: "start", unit });
    if (result !== "done") throw new Error(`start of ${unit}: ${result}`);
  }
}
