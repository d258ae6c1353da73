import { chmod } from "node:fs/promises";
import { join } from "node:path";
import type { HostError } from "../../domain/host-error.ts";
import { hostLayout } from "../../domain/host-layout.ts";
import type { InstallOrder } from "../../domain/installer-agreement.ts";
import { renameDurably } from "../../host/files/durable-file.ts";
import { directoryMode } from "../../host/files/tree-owner.ts";
import type { InstallRunner } from "../../host/install/install-runner.ts";
import { orAborted } from "../../host/or-aborted.ts";
import { type InstallerEnd, installerEnd } from "./installer-end.ts";
import { exists } from "./orders/exists.ts";
import { helperError, unitFailed } from "./orders/helper-error.ts";
import { type HelperVerb, readFailure, runDirectory, stageName } from "./orders/run-directory.ts";
import { publishInstallOrder, publishStageOrder } from "./orders/stage-order.ts";
import { jobEnds } from "./start-error.ts";
import type { InstanceContext } from "./systemd-instance.ts";
import { type HostUnitKind, hostUnitName, ofHost } from "./units/unit-names.ts";
import type { OrderOutcome } from "./units/unit-orders.ts";

/** What the helper calls a tree below layers/ that it has handed over; no build's id begins with a dot. */
const handedOver = ".staged";

type InstallerContext = Pick<InstanceContext, "root" | "watch" | "orders" | "log">;

/** The installer as a unit of PID 1's, in which it outlives the daemon; see systemd/README.md for the agreement. */
export class SystemdInstaller implements InstallRunner {
  /** A link that the stage makes and a discard removes; no boot sees that of an earlier one. */
  readonly outbox = join(runDirectory, "outbox");
  readonly #context: () => InstallerContext;
  readonly #opened = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();

  /** @param context usable when an order comes */
  constructor(context: () => InstallerContext) {
    this.#context = context;
  }

  /** The units have been read: whether an earlier daemon's installer runs is known from now on. */
  open(): void {
    this.#opened.resolve();
  }

  /** A unit of the installation has changed. */
  refresh(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async start(order: InstallOrder, layers: readonly string[]): Promise<void> {
    const { root, watch, orders } = this.#context();
    // A stage that is active would be taken as it is.
    if (watch.hostFacts("stage").activeState !== "inactive") await this.discard();
    await publishStageOrder(root, layers);
    await publishInstallOrder(order);
    await orders.installation.resetFailed();
    const outcome = await orders.installation.start();
    watch.settle(ofHost);
    if (outcome.result === "done") return;
    const error = this.#startError(outcome);
    await this.#undo();
    throw error;
  }

  async ended(signal: AbortSignal): Promise<InstallerEnd> {
    await orAborted(this.#opened.promise, signal);
    while (this.#isRunning()) await orAborted(this.#changed.promise, signal);
    return installerEnd(this.#context().watch.hostFacts("install"));
  }

  async cancel(): Promise<void> {
    const { orders, watch } = this.#context();
    await orders.installation.cancel();
    watch.settle(ofHost);
  }

  /** One move into place: killed at any moment and asked again, this goes on where it was. */
  async handOver(target: string): Promise<void> {
    const { root, orders } = this.#context();
    const staged = hostLayout(root).layer(handedOver);
    if (!(await exists(target))) {
      if (!(await exists(staged))) await this.#orderOrThrow("hand-over", "hand-over", orders.installation.handOver());
      await chmod(staged, directoryMode); // the installer may have closed it, and nobody could move it
      await renameDurably(staged, target);
    }
    await this.discard();
  }

  async discard(): Promise<void> {
    const { orders } = this.#context();
    await this.#orderOrThrow("discard", "unstage", orders.installation.discard());
    await orders.installation.resetFailed();
  }

  #isRunning(): boolean {
    const { activeState, hasJob } = this.#context().watch.hostFacts("install");
    return hasJob || (activeState !== "inactive" && activeState !== "failed");
  }

  /** After a start that failed nothing of it is left. */
  async #undo(): Promise<void> {
    try {
      await this.discard();
    } catch (error) {
      this.#context().log(`what a failed start of the installer left could not be cleared: ${error}`);
    }
  }

  /** The stage's own words, else the program's end, else what the transport says. */
  #startError(outcome: OrderOutcome): HostError {
    const { watch } = this.#context();
    const stage = watch.hostFacts("stage");
    if (stage.activeState === "failed") {
      const failure = readFailure("stage", stageName, stage.invocationId);
      return failure === undefined
        ? unitFailed("left4me-overlay stage", `${hostUnitName("stage")} ended with "${stage.result}"`)
        : helperError(failure);
    }
    const { exitCode } = installerEnd(watch.hostFacts("install"));
    const said = exitCode === undefined ? `its job ended with "${outcome.result}"` : `it exited with code ${exitCode}`;
    return outcome.error ?? unitFailed(`systemctl start ${hostUnitName("install")}`, jobEnds[outcome.result] ?? said);
  }

  async #orderOrThrow(kind: HostUnitKind, verb: HelperVerb, order: Promise<OrderOutcome>): Promise<void> {
    const { result, error } = await order;
    const { watch } = this.#context();
    watch.settle(ofHost);
    if (result === "done") return;
    const unit = hostUnitName(kind);
    const id = await watch.manager.get(unit, "Unit", "InvocationID");
    const failure = readFailure(verb, stageName, id instanceof Uint8Array ? Buffer.from(id).toString("hex") : "");
    if (failure !== undefined) throw helperError(failure);
    throw error ?? unitFailed(`systemctl start ${unit}`, jobEnds[result] ?? `its job ended with "${result}"`);
  }
}
