import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { hostLayout } from "../../domain/host-layout.ts";
import type { RuntimeStatus } from "../../domain/runtime-status.ts";
import type { RuntimeIdentity, StartTarget } from "../../host/driver.ts";
import { describeUnits, type MountFacts } from "./describe-units.ts";
import { helperError, unitFailed } from "./helper-error.ts";
import type { InstanceJournal } from "./journal-port.ts";
import { lifeCycleEvents } from "./life-cycle-events.ts";
import { publishMountOrder, removeOtherOrders } from "./mount-order.ts";
import { type HelperFailure, readFailure, readMounted } from "./run-directory.ts";
import { saveRun } from "./run-record.ts";
import { startError } from "./start-error.ts";
import { unitName } from "./unit-names.ts";
import type { UnitOrders } from "./unit-orders.ts";
import type { UnitFacts } from "./unit-properties.ts";
import type { UnitWatch } from "./unit-watch.ts";

/** What all instances share. */
export type InstanceContext = {
  readonly root: string;
  readonly watch: UnitWatch;
  readonly orders: UnitOrders;
  readonly journal: InstanceJournal;
  readonly log: (message: string) => void;
  readonly observe: (name: string, status: RuntimeStatus) => void;
};

/** One instance: its orders to PID 1, and what its units mean. */
export class SystemdInstance {
  readonly identity: RuntimeIdentity;
  readonly #context: InstanceContext;
  #status: RuntimeStatus;
  /** The generation of the newest mount, and in which invocation of the overlay's unit it was made. */
  #mounted = { invocationId: "", generation: 0 };
  #ordered = 0;
  #starting: Promise<unknown> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(identity: RuntimeIdentity, before: RuntimeStatus, context: InstanceContext) {
    this.identity = identity;
    this.#status = before;
    this.#context = context;
  }

  get status(): RuntimeStatus {
    return this.#status;
  }

  /** Looks at the units, and tells when anything differs from what was told. */
  refresh(): void {
    const before = this.#status;
    const overlay = this.#overlay();
    const after = describeUnits(this.#context.watch.facts("server", this.identity.name), overlay, this.#mountFacts(overlay), before);
    if (isDeepStrictEqual(before, after)) return;
    this.#status = after;
    const { journal, observe } = this.#context;
    for (const { event, ...details } of lifeCycleEvents(before, after)) journal.recordEvent(this.identity, event, details);
    observe(this.identity.name, after);
    if (before.invocationId !== after.invocationId || !isDeepStrictEqual(before.exit, after.exit)) this.#save(after);
  }

  /** Tells the status, whether or not it differs. */
  tell(): void {
    this.#context.observe(this.identity.name, this.#status);
  }

  /** Resolves when what is known of its last run is on disk, as far as it can be. */
  saved(): Promise<void> {
    return this.#saving;
  }

  /** The port's `start`. */
  async start(target: StartTarget, signal: AbortSignal): Promise<void> {
    const work = this.#start(target, signal);
    this.#starting = work.catch(() => {});
    try {
      await work;
    } finally {
      this.#starting = undefined;
    }
  }

  /** The port's `stop`. */
  async stop(): Promise<void> {
    await this.#starting;
    const { orders } = this.#context;
    const { name } = this.identity;
    if (this.#unmountRefusal() !== undefined) await this.#clearMount();
    await orders.stop(name);
    const refusal = this.#unmountRefusal();
    if (refusal !== undefined) throw helperError(refusal);
    await this.#clearFailures();
  }

  /** The port's `reset`. One order: the unit of the reset conflicts with the others, so PID 1 stops and unmounts before it. */
  async reset(): Promise<boolean> {
    await this.#starting;
    const { root, orders, watch } = this.#context;
    const { name } = this.identity;
    if (!existsSync(hostLayout(root).instanceRuntime(name))) {
      await this.stop(); // without the directory nothing is mounted, but something may have failed
      return false;
    }
    const outcome = await orders.reset(name);
    watch.settle(name);
    if (outcome.result !== "done") throw await this.#wipeError(outcome.error);
    await this.#clearFailures();
    return true;
  }

  async #start(target: StartTarget, signal: AbortSignal): Promise<void> {
    const { root, orders, watch, log } = this.#context;
    const { name } = target;
    await publishMountOrder(root, target);
    signal.throwIfAborted();
    await orders.resetFailed(name);
    signal.throwIfAborted();
    this.#ordered = target.generation;
    const exitBefore = this.#status.exit;
    const abandon = () => void orders.stop(name).catch((error: unknown) => log(`${name}: abandoned, but not stopped: ${error}`));
    signal.addEventListener("abort", abandon, { once: true });
    const outcome = await orders.start(name).finally(() => signal.removeEventListener("abort", abandon));
    watch.settle(name);
    if (outcome.result !== "done" || signal.aborted) {
      const { exit } = this.#status;
      const overlay = this.#overlay();
      const ended = exit !== undefined && !isDeepStrictEqual(exit, exitBefore) ? { exit } : {};
      const error = signal.aborted ? signal.reason : startError({ name, outcome, overlay, ...ended });
      await this.#undo();
      throw error;
    }
    await removeOtherOrders(root, target).catch((error: unknown) => log(`${name}: old mount orders are left: ${error}`));
  }

  /** After a start that failed: nothing runs or is mounted, and nothing waits to be started again. */
  async #undo(): Promise<void> {
    try {
      await this.#context.orders.stop(this.identity.name);
      await this.#clearFailures();
    } catch (error) {
      this.#context.log(`${this.identity.name}: what a failed start left could not be cleared: ${error}`);
    }
  }

  /** A unit that has failed, and is wished to be stopped, is no failure any more. */
  async #clearFailures(): Promise<void> {
    const { watch, orders } = this.#context;
    const { name } = this.identity;
    watch.settle(name);
    if (watch.facts("server", name).activeState !== "failed" && this.#overlay().activeState !== "failed") return;
    await orders.resetFailed(name);
    await watch.manager.barrier();
    watch.settle(name);
  }

  async #clearMount(): Promise<void> {
    const { orders, watch } = this.#context;
    const { name } = this.identity;
    const outcome = await orders.clearMount(name);
    watch.settle(name);
    if (outcome.result === "failed") throw startError({ name, outcome, overlay: this.#overlay() });
  }

  async #wipeError(cause: Error | undefined): Promise<Error> {
    const { manager } = this.#context.watch;
    const { name } = this.identity;
    const unit = unitName("reset", name);
    const id = await manager.get(unit, "Unit", "InvocationID");
    const failure = readFailure("wipe", name, id instanceof Uint8Array ? Buffer.from(id).toString("hex") : "");
    if (failure !== undefined) return helperError(failure);
    return cause ?? unitFailed(`systemctl start ${unit}`, "left4me-overlay wipe did not end well");
  }

  /** What the helper said when it refused to unmount; undefined when it did not, or nothing is mounted any more. */
  #unmountRefusal(): HelperFailure | undefined {
    const { activeState, invocationId } = this.#overlay();
    return activeState === "failed" ? readFailure("umount", this.identity.name, invocationId) : undefined;
  }

  #overlay(): UnitFacts {
    return this.#context.watch.facts("overlay", this.identity.name);
  }

  #mountFacts({ activeState, invocationId }: UnitFacts): MountFacts {
    if (activeState === "active" && this.#mounted.invocationId !== invocationId) this.#readMounted(invocationId);
    const generation = this.#mounted.invocationId === invocationId ? this.#mounted.generation : this.#ordered;
    return { generation, isUnmountRefused: this.#unmountRefusal() !== undefined };
  }

  #readMounted(invocationId: string): void {
    const found = readMounted(this.identity.name);
    if (found === undefined) return;
    this.#mounted = { invocationId, generation: found.generation };
    if (found.note === "discarded-volatile")
      this.#context.log(`${this.identity.name}: ran volatile when the host went down; what its game wrote was discarded`);
  }

  /** One after the other; the newest status is the last. */
  #save(status: RuntimeStatus): void {
    const { root, log } = this.#context;
    const { name, uid } = this.identity;
    this.#saving = this.#saving
      .then(() => saveRun(root, name, uid, status))
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") log(`${name}: its last run could not be kept: ${error}`);
      });
  }
}
