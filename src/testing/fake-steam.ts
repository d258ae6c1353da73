import { existsSync } from "node:fs";
import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type InstallerEvent, type InstallOrder, installerFiles } from "../domain/installer-agreement.ts";
import type { InstallRunner } from "../host/install/install-runner.ts";
import { orAborted } from "../host/or-aborted.ts";
import { InstallationFailed } from "../installer/installation-failed.ts";
import { defaultSteam, type SteamScript } from "./steam-script.ts";

type Phase = Extract<InstallerEvent, { readonly type: "progress" }>["phase"];
type End = { readonly exitCode?: number; readonly signal?: string };

/** How often progress is told, in milliseconds. */
const tellMs = 50;

/**
 * An installer that downloads nothing: it tells what SteamCMD would, at the pace of a script, and leaves the smallest build that a
 * host accepts. Its directory is the host's; everything else of an installation is the real thing.
 */
export class FakeSteam implements InstallRunner {
  readonly outbox: string;
  script = defaultSteam;
  readonly #stage: string;
  #running: { readonly ended: Promise<End>; readonly abort: AbortController } | undefined;
  #job = "";

  /** @param directory where it may write; made when missing, on the file system of the host's root */
  constructor(directory: string) {
    this.outbox = join(directory, "outbox");
    this.#stage = join(directory, "stage");
  }

  async start({ job, validate }: InstallOrder): Promise<void> {
    this.#job = job;
    for (const path of [this.outbox, this.#stage]) {
      await rm(path, { recursive: true, force: true });
      await mkdir(path, { recursive: true });
    }
    await this.#tell({ type: "hello", job });
    const abort = new AbortController();
    const run = this.#run(this.script, validate, abort.signal).then(
      (): End => ({ exitCode: 0 }),
      (error: unknown): End => {
        if (abort.signal.aborted) return { signal: "SIGTERM" };
        throw error;
      },
    );
    run.catch(() => {}); // whoever waits for its end is told
    this.#running = { abort, ended: run };
  }

  async ended(signal: AbortSignal): Promise<End> {
    return this.#running === undefined ? {} : orAborted(this.#running.ended, signal);
  }

  async cancel(): Promise<void> {
    this.#running?.abort.abort();
    await this.#running?.ended;
  }

  async handOver(target: string): Promise<void> {
    if (existsSync(this.#stage)) await rename(this.#stage, target);
  }

  async discard(): Promise<void> {
    await rm(this.#stage, { recursive: true, force: true });
  }

  async #run(script: SteamScript, validate: boolean, signal: AbortSignal): Promise<void> {
    const { buildId, prepareMs, downloadMs, verifyMs, totalBytes, lines } = script;
    await this.#say("Connecting anonymously to Steam Public...OK", ...lines);
    if (await this.#phase("PREPARING", prepareMs, 0, script, signal)) return;
    await this.#say(` Update state (0x61) downloading, progress: 0.00 (0 / ${totalBytes})`);
    if (await this.#phase("DOWNLOADING", downloadMs, totalBytes, script, signal)) return;
    await this.#say(` Update state (0x5) verifying ${validate ? "install" : "update"}, progress: 0.00 (0 / ${totalBytes})`);
    if (await this.#phase("VERIFYING", verifyMs, totalBytes, script, signal)) return;
    await this.#leave(gameOf(buildId, script.files));
    await this.#say("Success! App '222860' fully installed.");
    await this.#tell({ type: "end" });
  }

  /** @returns whether the installation has failed at its end */
  async #phase(phase: Phase, ms: number, totalBytes: number, { failure }: SteamScript, signal: AbortSignal): Promise<boolean> {
    const begin = performance.now();
    for (let passed = 0; passed < ms; passed = performance.now() - begin) {
      const part = passed / ms;
      const figures = totalBytes === 0 ? {} : { percent: 100 * part, doneBytes: Math.floor(part * totalBytes), totalBytes };
      await this.#tell({ type: "progress", phase, ...figures });
      await sleep(Math.min(tellMs, ms - passed), undefined, { signal });
    }
    signal.throwIfAborted();
    if (failure === undefined || (failure.phase ?? "PREPARING") !== phase) return false;
    const { reason, metadata = {}, exitCode, stderr } = failure;
    const details = { ...(exitCode === undefined ? {} : { exitCode }), ...(stderr === undefined ? {} : { stderr }) };
    await this.#tell({ type: "end", failure: new InstallationFailed(reason, metadata, details).failure });
    return true;
  }

  async #leave(files: Readonly<Record<string, string>>): Promise<void> {
    const paths = new Set<string>();
    for (const [path, content] of Object.entries(files)) {
      for (let at = path; at !== "."; at = dirname(at)) paths.add(at);
      await mkdir(join(this.#stage, dirname(path)), { recursive: true });
      await writeFile(join(this.#stage, path), content, { mode: programs.has(path) ? 0o755 : 0o644 });
    }
    await writeFile(join(this.outbox, installerFiles.listing(this.#job)), [...paths].map((path) => `${path}\0`).join(""));
  }

  async #say(...lines: readonly string[]): Promise<void> {
    for (const text of lines) await this.#tell({ type: "line", time: Date.now(), text });
  }

  async #tell(event: InstallerEvent): Promise<void> {
    await appendFile(join(this.outbox, installerFiles.events(this.#job)), `${JSON.stringify(event)}\n`);
  }
}

const programs: ReadonlySet<string> = new Set(["srcds_run", "srcds_linux"]);

/** The smallest installation that a host takes for one. */
function gameOf(buildId: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return {
    srcds_run: "#!/bin/sh\n",
    srcds_linux: "#!/bin/sh\n",
    "steamapps/appmanifest_222860.acf": `"AppState"\n{\n\t"appid"\t\t"222860"\n\t"StateFlags"\t\t"4"\n\t"buildid"\t\t"${buildId}"\n}\n`,
    "left4dead2/steam.inf": `PatchVersion=2.2.4.3\nServerAppID=222860\n`,
    ...files,
  };
}
