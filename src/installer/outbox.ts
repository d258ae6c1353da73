import { closeSync, constants, fchmodSync, ftruncateSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { InstallFailure } from "../domain/install-job.ts";
import { type InstallerEvent, installerFiles } from "../domain/installer-agreement.ts";
import type { Progress } from "./read-line.ts";

/** Lines together may take so much of the events, in bytes; SteamCMD needs less than one. */
const mostLineBytes = 64 * 2 ** 20;
/** Progress is told so often, in milliseconds. */
const progressIntervalMs = 250;

/** The events of one job. Each is written at once, whole or not at all. */
export class Outbox {
  /** Where it writes; absolute. */
  readonly directory: string;
  readonly #job: string;
  readonly #descriptor: number;
  #length = 0;
  #lineBytes = 0;
  #told: Progress | undefined;
  #toldAt = 0;
  #waiting: Progress | undefined;

  /** Begins with an empty outbox: what earlier jobs have left in it is removed. */
  constructor(directory: string, job: string) {
    this.directory = directory;
    this.#job = job;
    for (const name of readdirSync(directory))
      if (/^(?:events|listing)-/.test(name)) rmSync(join(directory, name), { force: true, recursive: true });
    this.#descriptor = createShared(join(directory, installerFiles.events(job)));
    this.#write({ type: "hello", job });
  }

  /** A file for the listing; the caller closes it. */
  createListing(): number {
    return createShared(join(this.directory, installerFiles.listing(this.#job)));
  }

  /** A line of SteamCMD's. */
  line(text: string): void {
    if (this.#lineBytes > mostLineBytes) return;
    const time = Date.now();
    this.#lineBytes += this.#write({ type: "line", time, text });
    if (this.#lineBytes > mostLineBytes)
      this.#write({ type: "line", time, text: `left4me: SteamCMD has said more than ${mostLineBytes} bytes; further lines are left out` });
  }

  /** A line of the installer's own. */
  note(text: string): void {
    this.line(`left4me: ${text}`.slice(0, 4000));
  }

  /** Tells progress, a few times a second at most; a new phase at once, behind the last figures of the one before. */
  progress(progress: Progress): void {
    const isNewPhase = progress.phase !== this.#told?.phase;
    if (isNewPhase) this.tellProgress();
    if (isNewPhase || performance.now() - this.#toldAt >= progressIntervalMs) this.#tell(progress);
    else this.#waiting = progress;
  }

  /** Tells what still waits to be told of progress. */
  tellProgress(): void {
    if (this.#waiting !== undefined) this.#tell(this.#waiting);
  }

  /** The last event. A failed job has no listing. On a full disk it takes the place of the lines: how it ended matters more. */
  end(failure?: InstallFailure): void {
    this.tellProgress();
    if (failure !== undefined) rmSync(join(this.directory, installerFiles.listing(this.#job)), { force: true });
    const event: InstallerEvent = { type: "end", ...(failure === undefined ? {} : { failure }) };
    if (this.#write(event) === 0) {
      ftruncateSync(this.#descriptor, 0);
      this.#length = 0;
      this.#write({ type: "hello", job: this.#job });
      this.#write(event);
    }
    closeSync(this.#descriptor);
  }

  #tell(progress: Progress): void {
    this.#told = progress;
    this.#toldAt = performance.now();
    this.#waiting = undefined;
    this.#write({ type: "progress", ...progress });
  }

  /** @returns the bytes that were written; 0 when there was no room for the event */
  #write(event: InstallerEvent): number {
    const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#length + done);
      this.#length += bytes.length;
      return bytes.length;
    } catch {
      // Half an event would be a fault to its reader.
      ftruncateSync(this.#descriptor, this.#length);
      return 0;
    }
  }
}

/** A new file that the group may read, whatever the umask. */
function createShared(path: string): number {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o640);
  fchmodSync(descriptor, 0o640);
  return descriptor;
}
