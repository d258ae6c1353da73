import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { HostError } from "../../domain/host-error.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import { type InstallFailure, type InstallJob, type InstallLine, isOver } from "../../domain/install-job.ts";
import type { InstallEvent, InstallRequest } from "../api.ts";
import type { BuildStore } from "../builds/build-store.ts";
import { tellingActivation } from "../builds/telling-activation.ts";
import { explainDiskError } from "../files/disk-error.ts";
import { sweepTemporaryFiles } from "../files/durable-file.ts";
import { discardTree, listOrNothing } from "../files/staging.ts";
import type { HostLog } from "../host-log.ts";
import { Waiters } from "../streams/waiters.ts";
import { followJob } from "./follow-job.ts";
import { failureOf, interrupted } from "./install-failure.ts";
import { InstallLog } from "./install-log.ts";
import { InstallProgress } from "./install-progress.ts";
import type { InstallRunner } from "./install-runner.ts";
import { installed, watchInstaller } from "./installed.ts";
import { type JobRecord, jobOf, linesOf, readJobRecord, writeJobRecord } from "./job-record.ts";

/** What a call asks of a new job. */
export type NewJob = Pick<InstallRequest, "validate" | "keepActiveBuild" | "bootstrap">;

/** What the jobs of a host need of it. */
export type InstallJobsContext = {
  readonly layout: HostLayout;
  readonly runner: InstallRunner;
  readonly builds: BuildStore;
  readonly log: HostLog;
  /** After another build became the active one. */
  readonly activated: () => void;
  /** After a build was published; answers which builds were removed. @param kept the builds that were active before: they stay */
  readonly published: (kept: readonly string[]) => Promise<string[]>;
  /** Removes a build that was published and could not be activated. @throws HostError BUILD_IN_USE when it is used by now */
  readonly takeBack: (id: string) => Promise<void>;
  /** Aborts when the host closes: the installer goes on, and the next daemon with it. */
  readonly closing: AbortSignal;
};

/** How many lines the record of a job keeps. */
const recordedLines = 200;

/**
 * The installation job of a host: at most one runs, and the last one is remembered.
 *
 * A job belongs to the host. Its record on disk says how far it has got; whoever takes up after a kill goes on from there, and
 * what the installer tells is read again from its file.
 */
export class InstallJobs {
  readonly #context: InstallJobsContext;
  readonly #waiters = new Waiters();
  #record: JobRecord | undefined;
  #job: InstallJob | undefined;
  #log = new InstallLog();
  #cancel = new AbortController();
  /** Settles when the running job is over, with the job. */
  #running: Promise<InstallJob | undefined> = Promise.resolve(undefined);

  constructor(context: InstallJobsContext) {
    this.#context = context;
  }

  /** Takes up what an earlier daemon began. The builds are open. */
  async open(): Promise<void> {
    const { layout, log } = this.#context;
    if (existsSync(dirname(layout.installJob))) await sweepTemporaryFiles(dirname(layout.installJob));
    const record = await readJobRecord(layout).catch(async (error: unknown) => {
      log("error", `the last installation job cannot be read: ${error}`);
      await this.#clear(); // it may run
      return undefined;
    });
    const isUnfinished = record !== undefined && record.stage !== "OVER";
    await this.#removeWritten(isUnfinished ? record.id : undefined).catch(this.#leave);
    if (record === undefined) return;
    this.#log = new InstallLog(linesOf(record));
    this.#show(record, jobOf(record));
    if (isUnfinished) this.#begin(() => this.#goOn(record));
  }

  /** The running or the last job; undefined when there never was one. */
  get current(): InstallJob | undefined {
    return this.#job;
  }

  /** The build that the running job publishes or is about to activate; undefined as long as none is known. */
  get publishing(): string | undefined {
    const { stage, buildId = "" } = this.#record ?? {};
    return stage === "PUBLISHING" && buildId !== "" ? buildId : undefined;
  }

  /** Its last lines, oldest first. */
  lines(count: number): readonly InstallLine[] {
    return this.#log.tail(count);
  }

  /** Begins a job, unless one runs: then it is that one. @throws HostError DISK_FULL and what the driver's start throws */
  async begin({ validate, keepActiveBuild, bootstrap }: NewJob, caller: string): Promise<InstallJob> {
    const running = this.#job;
    if (running !== undefined && !isOver(running)) return running;
    const record: JobRecord = {
      schema: 1,
      id: randomBytes(6).toString("hex"),
      stage: "INSTALLING",
      validate,
      keepActiveBuild,
      bootstrap,
      caller,
      startTime: new Date().toISOString(),
      baseBuildId: this.#context.builds.active()?.id ?? "",
      buildId: "",
      ...{ upToDate: false, activated: false, removedBuildIds: [], lines: [] },
    };
    this.#log = new InstallLog();
    this.#cancel = new AbortController();
    const job = jobOf(record);
    this.#show(record, job);
    this.#begin(async () => {
      await writeJobRecord(this.#context.layout, record);
      await this.#install(record);
    });
    return job;
  }

  /**
   * Yields a job's state and lines as they come, and ends behind its last state.
   *
   * @param id the running or the last job @throws HostError JOB_NOT_FOUND; the signal's reason
   */
  follow(id: string, afterSequence: number, signal: AbortSignal): AsyncGenerator<InstallEvent> {
    const look = () => ({ job: this.#find(id), lines: (sequence: number) => this.#log.after(sequence) });
    return followJob(look, this.#waiters, afterSequence, signal);
  }

  /**
   * Ends the running job.
   *
   * @returns the job as it ended, and whether it was this call that ended it @throws HostError JOB_NOT_FOUND
   */
  async cancel(id: string): Promise<{ readonly job?: InstallJob; readonly changed: boolean }> {
    const job = id === "" ? this.#job : this.#find(id);
    if (job === undefined) return { changed: false };
    if (isOver(job)) return { job, changed: false };
    const running = this.#running; // as soon as it has ended, another job may begin
    if (this.#record?.stage !== "PUBLISHING") {
      this.#cancel.abort();
      await this.#recordCancel();
      if (this.#running === running) await this.#context.runner.cancel();
    }
    const ended = (await running) ?? job;
    return { job: ended, changed: ended.phase === "CANCELLED" };
  }

  /** So that the next daemon goes on with it, should this one be killed meanwhile. */
  async #recordCancel(): Promise<void> {
    const { layout, log } = this.#context;
    const record = this.#record;
    if (record === undefined) return;
    try {
      await writeJobRecord(layout, { ...record, cancelled: true });
      const now = this.#record; // it has ended meanwhile, or another has begun
      if (now !== undefined && now !== record) await writeJobRecord(layout, now);
    } catch (error) {
      log("warn", "the cancellation of an installation is not recorded", { error });
    }
  }

  #find(id: string): InstallJob {
    if (this.#job === undefined || this.#job.id !== id) {
      const shown = id.slice(0, 80);
      const known = this.#job === undefined ? "there never was one" : `the last one is ${this.#job.id}`;
      throw new HostError("JOB_NOT_FOUND", `there is no installation job ${JSON.stringify(shown)}; ${known}`, { metadata: { job: shown } });
    }
    return this.#job;
  }

  #show(record: JobRecord, job: InstallJob): void {
    this.#record = record;
    this.#job = job;
    this.#waiters.wake();
  }

  /** Runs a job to its end, whatever happens to it; a host that closes leaves it to the next one. */
  #begin(work: () => Promise<void>): void {
    const { closing, log } = this.#context;
    const failed = async (error: unknown) => {
      if (closing.aborted) return;
      await this.#takeBack();
      if (this.#cancel.signal.aborted) return this.#end("CANCELLED");
      const explained = await explainDiskError(error, this.#context.layout.root);
      if (!(explained instanceof HostError)) log("error", `the installation failed: ${error}`, { error });
      await this.#end("FAILED", failureOf(explained));
    };
    this.#running = work()
      .catch(failed)
      .catch((error: unknown) => log("error", `the end of an installation failed: ${error}`, { error }))
      .then(() => this.#job);
  }

  async #install(record: JobRecord): Promise<void> {
    const { builds, runner, closing } = this.#context;
    const { id: job, validate, bootstrap, baseBuildId } = record;
    const { signal } = this.#cancel;
    if (baseBuildId !== "" && builds.isTall(baseBuildId)) await builds.squash(baseBuildId, AbortSignal.any([closing, signal]));
    signal.throwIfAborted();
    await this.#removeWritten(); // of an earlier job: it must not be taken for this one's
    await runner.start({ job, validate, bootstrap }, baseBuildId === "" ? [] : builds.layersOf(baseBuildId));
    if (signal.aborted) await runner.cancel(); // it may have been too early for the first
    await this.#goOn(record);
  }

  /** What follows the start of the installer, whoever started it. */
  async #goOn(record: JobRecord): Promise<void> {
    if (record.stage === "PUBLISHING") return this.#publish(record);
    this.#log = new InstallLog(); // its events are read from the first one on
    const { runner, closing } = this.#context;
    if (record.cancelled === true) {
      this.#cancel.abort();
      await runner.cancel();
    }
    const progress = new InstallProgress();
    const { end, exit } = await watchInstaller(runner, record.id, closing, (event) => {
      if (event.type === "line") this.#log.add(new Date(event.time), event.text);
      if (event.type === "progress")
        this.#show(record, { ...jobOf(record), phase: event.phase, ...progress.figures(event, performance.now()) });
      this.#waiters.wake();
    });
    if (end !== undefined && end.failure === undefined && !this.#cancel.signal.aborted) return this.#publish(record);
    await runner.discard();
    if (this.#cancel.signal.aborted) return this.#end("CANCELLED");
    await this.#end("FAILED", end?.failure ?? interrupted(exit));
  }

  async #publish(before: JobRecord): Promise<void> {
    const { builds } = this.#context;
    let record = await this.#save({ ...before, stage: "PUBLISHING" });
    const id = await installed(this.#context, record, async (buildId) => {
      record = await this.#save({ ...record, ...this.#foundFor(buildId, record) });
    });
    const { baseBuildId, activeBefore = baseBuildId, isNew = id !== baseBuildId } = record;
    const active = builds.active()?.id; // not the one of the record where a killed daemon, or a caller, has activated another
    if (!record.keepActiveBuild || active === undefined) await this.#activate(id);
    const activated = activeBefore !== id && builds.active()?.id === id;
    const kept = [activeBefore, active ?? ""].filter((build) => build !== "");
    const removedBuildIds = await this.#context.published(kept).catch((error: unknown) => {
      this.#context.log("error", `old builds could not be removed: ${error}`);
      return [];
    });
    await this.#removeWritten().catch(this.#leave);
    this.#record = { ...record, buildId: id, upToDate: !isNew, activated, removedBuildIds };
    await this.#end("SUCCEEDED");
  }

  /** What is written down before anything of a build can be seen. Who goes on behind a kill leaves it as it was found first. */
  #foundFor(buildId: string, record: JobRecord): Pick<JobRecord, "buildId" | "activeBefore" | "isNew"> {
    if (record.buildId === buildId && record.activeBefore !== undefined) return record;
    const { builds } = this.#context;
    return { buildId, activeBefore: builds.active()?.id ?? "", isNew: builds.list().every(({ id }) => id !== buildId) };
  }

  /** A job that fails changes no build: one that it made goes again, unless it is used by now. */
  async #takeBack(): Promise<void> {
    const { takeBack, log } = this.#context;
    const { publishing } = this;
    if (this.#record === undefined || publishing === undefined || this.#record.isNew !== true) return;
    this.#record = { ...this.#record, buildId: "" }; // it is published no more: its layer may go, too
    await takeBack(publishing).catch((error: unknown) => log("error", `what a failed installation published stays: ${error}`, { error }));
  }

  #activate(id: string): Promise<boolean> {
    const { builds, activated } = this.#context;
    return tellingActivation(builds, activated, () => builds.activate(id));
  }

  async #save(changed: JobRecord): Promise<JobRecord> {
    const record = { ...changed, lines: this.#recordedLines() };
    await writeJobRecord(this.#context.layout, record);
    this.#show(record, jobOf(record));
    return record;
  }

  #recordedLines(): JobRecord["lines"] {
    return this.#log.tail(recordedLines).map((line) => ({ ...line, time: line.time.toISOString() }));
  }

  async #end(outcome: "SUCCEEDED" | "FAILED" | "CANCELLED", failure?: InstallFailure): Promise<void> {
    const { layout, log } = this.#context;
    if (this.#record === undefined) return;
    // A start that failed may have started it all the same.
    if (outcome === "FAILED")
      await this.#context.runner.cancel().catch((error: unknown) => log("error", `the installer goes on: ${error}`));
    await this.#clear();
    const record: JobRecord = {
      ...this.#record,
      ...{ stage: "OVER", outcome, endTime: new Date().toISOString(), lines: this.#recordedLines() },
      ...(failure === undefined ? {} : { failure }),
    };
    await writeJobRecord(layout, record).catch(async (error: unknown) => {
      log("error", `the end of an installation cannot be recorded: ${error}`);
      // Without a record the next daemon knows of no job; with the old one it would go on with this one, and undo what came after.
      await rm(layout.installJob, { force: true, recursive: true }).catch(() => {});
    });
    this.#show(record, jobOf(record));
  }

  /** Removes what a job left: what was not published, and what its installer told. */
  async #clear(): Promise<void> {
    const { runner } = this.#context;
    // The stage behind the trees: while something is written, a driver may keep what the installer told of it.
    for (const remove of [() => this.#removeWritten(), () => runner.discard()]) await remove().catch(this.#leave);
  }

  /** What cannot be removed is tried again by the next job. */
  readonly #leave = (error: unknown): void => {
    this.#context.log("error", `what an installation left could not be removed: ${error}`);
  };

  /** Removes what was handed over and not published, whichever job wrote it. @param kept the job that goes on with what it wrote */
  async #removeWritten(kept?: string): Promise<void> {
    const { layout } = this.#context;
    const left = (await listOrNothing(layout.layers)).filter((name) => name.startsWith(".written"));
    const keeps = (name: string) => kept !== undefined && name.startsWith(basename(layout.written(kept)));
    for (const name of left) if (!keeps(name)) await discardTree(layout.layer(name), layout.tmp, "build");
  }
}
