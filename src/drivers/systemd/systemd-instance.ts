import { existsSync, lstatSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { hostLayout } from "../../domain/host-layout.ts";
import { neverStarted, type RuntimeStatus } from "../../domain/runtime-status.ts";
import type { WrittenFiles } from "../../domain/written-files.ts";
import type { RuntimeIdentity, StartTarget } from "../../host/driver.ts";
import { orAborted } from "../../host/or-aborted.ts";
import type { InstanceJournal } from "./journal-port.ts";
import { lifeCycleEvents } from "./life-cycle-events.ts";
import { helperError, unitFailed } from "./orders/helper-error.ts";
import { publishMountOrder, removeOtherOrders } from "./orders/mount-order.ts";
import {
  type ArchiveVerb,
  publishArchiveOrder,
  publishResetOrder,
  type ResetOrder,
  withdrawArchiveOrder,
  withdrawResetOrder,
} from "./orders/reset-order.ts";
import { type HelperFailure, type HelperVerb, readFailure, readMounted, readWritten } from "./orders/run-directory.ts";
import { saveRun } from "./run-record.ts";
import { startError } from "./start-error.ts";
import { describeUnits, type MountFacts } from "./units/describe-units.ts";
import { type OneShot, unitName } from "./units/unit-names.ts";
import type { UnitOrders } from "./units/unit-orders.ts";
import type { UnitFacts } from "./units/unit-properties.ts";
import type { UnitWatch } from "./units/unit-watch.ts";

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
  #isAdopted: boolean;
  /** The generation of the newest mount, and in which invocation of the overlay's unit it was made. */
  #mounted = { invocationId: "", generation: 0 };
  #ordered = 0;
  #starting: Promise<unknown> | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** @param left what an earlier daemon saw last; then nothing is told until {@link adopt} */
  constructor(identity: RuntimeIdentity, context: InstanceContext, left?: RuntimeStatus) {
    this.identity = identity;
    this.#context = context;
    this.#status = left ?? neverStarted(new Date());
    this.#isAdopted = left === undefined;
  }

  get status(): RuntimeStatus {
    return this.#status;
  }

  /** Takes up what an earlier daemon has left: tells the status, whether or not it differs. All of its units have been read. */
  adopt(): void {
    this.#isAdopted = true;
    const before = this.#status;
    const after = this.#describe();
    // Whether the end that is known has been told, the log knows.
    const events = lifeCycleEvents(neverStarted(before.since), after);
    this.#context.journal.adopted(this.identity, { invocationId: after.invocationId, isOver: after.mainPid === 0, events });
    this.#take(after);
  }

  /** Looks at the units, and tells when anything differs from what was told. */
  refresh(): void {
    const before = this.#status;
    const after = this.#describe();
    if (!this.#isAdopted || isDeepStrictEqual(before, after)) return;
    const { journal } = this.#context;
    for (const { event, ...details } of lifeCycleEvents(before, after)) journal.recordEvent(this.identity, event, details);
    this.#take(after);
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
  async reset(order: ResetOrder): Promise<boolean> {
    await this.#starting;
    const { root, orders, watch } = this.#context;
    const { name } = this.identity;
    const before = this.#runtimeInode();
    if (before === undefined && !(order.keep === 0 && existsSync(hostLayout(root).instanceArchives(name)))) {
      await this.stop(); // without the directory nothing is mounted, but something may have failed
      await withdrawResetOrder(root, name); // of a daemon that was killed behind its reset
      return false;
    }
    await publishResetOrder(root, name, order);
    const outcome = await orders.reset(name);
    watch.settle(name);
    if (outcome.result !== "done") throw await this.#helperFailure("wipe", "reset", outcome.error);
    await withdrawResetOrder(root, name);
    await this.#clearFailures();
    // The helper leaves the directory as it is when all that is in it stays.
    return before !== undefined && before !== this.#runtimeInode();
  }

  /** The port's `restoreArchive`. */
  async restore(archiveId: string): Promise<void> {
    await this.#withArchive("restore", archiveId);
  }

  /** The port's `deleteArchive`. */
  async dropArchive(archiveId: string): Promise<void> {
    await this.#withArchive("drop", archiveId);
  }

  async #withArchive(verb: ArchiveVerb, archiveId: string): Promise<void> {
    const { root, orders } = this.#context;
    const { name } = this.identity;
    await publishArchiveOrder(root, name, verb, archiveId);
    try {
      const outcome = await orders[verb](name);
      if (outcome.result !== "done") throw await this.#helperFailure(verb, verb, outcome.error);
    } finally {
      await withdrawArchiveOrder(root, name, verb); // done or refused: nobody is to find it again
    }
  }

  /** The port's `written`. */
  async written(signal: AbortSignal): Promise<WrittenFiles | undefined> {
    try {
      return await orAborted(this.#listWritten(), signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#context.log(`${this.identity.name}: what its game wrote cannot be listed: ${error}`);
      return undefined;
    }
  }

  async #listWritten(): Promise<WrittenFiles | undefined> {
    const { name } = this.identity;
    if (this.#runtimeInode() === undefined) return { files: [], truncated: false };
    const outcome = await this.#context.orders.list(name);
    if (outcome.result !== "done") throw await this.#helperFailure("list", "list", outcome.error);
    return readWritten(name);
  }

  #runtimeInode(): bigint | undefined {
    const path = hostLayout(this.#context.root).instanceRuntime(this.identity.name);
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
  }

  #describe(): RuntimeStatus {
    const overlay = this.#overlay();
    return describeUnits(this.#context.watch.facts("server", this.identity.name), overlay, this.#mountFacts(overlay), this.#status);
  }

  #take(after: RuntimeStatus): void {
    const before = this.#status;
    this.#status = after;
    this.#context.observe(this.identity.name, after);
    if (before.invocationId !== after.invocationId || !isDeepStrictEqual(before.exit, after.exit)) this.#save(after);
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

  async #helperFailure(verb: HelperVerb, kind: OneShot, cause: Error | undefined): Promise<Error> {
    const { manager } = this.#context.watch;
    const { name } = this.identity;
    const unit = unitName(kind, name);
    const id = await manager.get(unit, "Unit", "InvocationID");
    const failure = readFailure(verb, name, id instanceof Uint8Array ? Buffer.from(id).toString("hex") : "");
    if (failure !== undefined) return helperError(failure);
    return cause ?? unitFailed(`systemctl start ${unit}`, `left4me-overlay ${verb} did not end well`);
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
