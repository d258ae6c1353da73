import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { followInstall, type InstallJob, InstallPhase } from "../../../src/client/index.ts";
import type { BootingHost } from "../../hosts/booting-host.ts";

/** What an installation is at, as far as a power cut can tell the difference. Squashing comes first, where the build is tall. */
export type InstallPart = "preparing" | "squashing" | "downloading" | "verifying" | "publishing" | "removing old ones" | "over";

/** How long a part is waited for, in milliseconds. */
const limitMs = 120_000;

/** An installation under way, with what it is at: what the host tells, and what its disk shows. */
export class WatchedInstall {
  readonly #host: BootingHost;
  readonly #activeBefore: string;
  readonly #end = new AbortController();
  #job: InstallJob | undefined;

  /** Begins one. */
  constructor(host: BootingHost) {
    this.#host = host;
    this.#activeBefore = this.#activeBuild();
    void this.#follow();
  }

  /** The job that was told of; undefined as long as none was. */
  get id(): string | undefined {
    return this.#job?.id;
  }

  get part(): InstallPart {
    switch (this.#job?.phase) {
      case InstallPhase.SUCCEEDED:
      case InstallPhase.FAILED:
      case InstallPhase.CANCELLED:
        return "over";
      case InstallPhase.DOWNLOADING:
        return "downloading";
      case InstallPhase.VERIFYING:
        return "verifying";
      case InstallPhase.PUBLISHING:
        return this.#activeBuild() === this.#activeBefore ? "publishing" : "removing old ones";
      default:
        return this.#isSquashing() ? "squashing" : "preparing";
    }
  }

  /** Resolves when it is at a part, or over; with `undefined`, when it has been told of at all. */
  async reach(part: InstallPart | undefined): Promise<void> {
    for (const end = Date.now() + limitMs; Date.now() < end; await sleep(2)) {
      const now = this.part;
      if (this.#job !== undefined && (part === undefined || now === part || now === "over")) return;
    }
    throw new Error(`the installation is not ${part ?? "told of"} within ${limitMs / 1000} s`);
  }

  /** Leaves it to itself. */
  leave(): void {
    this.#end.abort();
  }

  async #follow(): Promise<void> {
    try {
      for await (const item of followInstall(this.#host.client, { maximumDelayMs: 100, signal: this.#end.signal }))
        if (item.type === "job") this.#job = item.job;
    } catch {
      // The power was cut, which is what this is for.
    }
  }

  #activeBuild(): string {
    try {
      return readlinkSync(this.#host.path("builds/active"));
    } catch {
      return "";
    }
  }

  #isSquashing(): boolean {
    return readdirSync(this.#host.path("tmp")).some(
      (name) => name.startsWith("build-") && existsSync(this.#host.path("tmp", name, "tree")),
    );
  }
}
