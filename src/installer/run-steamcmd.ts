import { rmSync } from "node:fs";
import { type ProcessGroup, type ProcessGroupOptions, startProcessGroup } from "../exec/process-group.ts";
import type { ProcessEnd } from "../exec/start-process.ts";
import { openTerminal, type Terminal } from "../exec/terminal.ts";
import type { Steamcmd } from "./find-steamcmd.ts";
import type { InstallContext } from "./install-context.ts";
import { InstallationFailed } from "./installation-failed.ts";
import { OutputLines } from "./output-lines.ts";
import { type LineMeaning, readLine, type ToldFailure } from "./read-line.ts";
import { type Installation, scriptText, writeScript } from "./run-script.ts";
import { SpaceCheck } from "./space-check.ts";

/** After SIGTERM SteamCMD has so long before it is killed, in milliseconds. */
const graceMs = 5_000;
const keptErrorCharacters = 8192;

/** What became of one run of SteamCMD. */
export type RunReport = {
  readonly end: ProcessEnd;
  /** What it said: that it installed, that nothing was to be done, that it logged in, that it updates itself. */
  readonly said: ReadonlySet<LineMeaning["type"]>;
  /** The first failure that it told. */
  readonly failure: ToldFailure | undefined;
  /** Of its standard output. */
  readonly lastLine: string;
  /** The end of its standard error. */
  readonly stderr: string;
  /** It was ended because it said nothing any more. */
  readonly wasSilent: boolean;
  /** It was ended because what it announced has no room, in bytes. */
  readonly needsBytes: number | undefined;
};

/**
 * Runs SteamCMD once, to its end.
 *
 * @throws InstallationFailed STEAMCMD_NOT_RUNNABLE; the context's signal's reason, when nothing of it runs any more
 */
export async function runSteamcmd(context: InstallContext, installation: Installation | undefined): Promise<RunReport> {
  context.signal.throwIfAborted();
  const script = writeScript(context.settings.home, scriptText(context.account, installation));
  try {
    return await new SteamcmdRun(context).follow(script);
  } finally {
    rmSync(script, { force: true });
  }
}

function started({ file }: Steamcmd, script: string, options: ProcessGroupOptions): ProcessGroup {
  try {
    return startProcessGroup(file, ["+runscript", script], options);
  } catch (error) {
    throw new InstallationFailed("STEAMCMD_NOT_RUNNABLE", { path: file, problem: error instanceof Error ? error.message : String(error) });
  }
}

class SteamcmdRun {
  readonly #context: InstallContext;
  readonly #said = new Set<LineMeaning["type"]>();
  readonly #space: SpaceCheck;
  #failure: ToldFailure | undefined;
  #lastLine = "";
  #stderr = "";
  #wasSilent = false;
  #needsBytes: number | undefined;
  #end = () => {};

  constructor(context: InstallContext) {
    this.#context = context;
    this.#space = new SpaceCheck(context.game);
  }

  async follow(script: string): Promise<RunReport> {
    const { redact, signal } = this.#context;
    const lines = {
      stdout: new OutputLines(redact, (text, isWhole) => this.#line(text, isWhole)),
      stderr: new OutputLines(redact, (text) => this.#errorLine(text)),
    };
    const end = await this.#watched(script, (stream, bytes) => lines[stream].push(bytes));
    for (const each of Object.values(lines)) each.end();
    this.#context.outbox.tellProgress();
    signal.throwIfAborted();
    return this.#report(end);
  }

  /** Runs it under the eyes of the silence limit and of the job's signal. */
  async #watched(script: string, onOutput: ProcessGroupOptions["onOutput"]): Promise<ProcessEnd> {
    const { settings, signal, steamcmd } = this.#context;
    const heard: typeof onOutput = (stream, bytes) => {
      silence.refresh();
      onOutput(stream, bytes);
    };
    const terminal = await this.#openTerminal((bytes) => heard("stdout", bytes));
    const silence = setTimeout(() => this.#tooSilent(), settings.silenceMs);
    try {
      signal.throwIfAborted();
      const group = started(steamcmd, script, {
        cwd: steamcmd.directory,
        env: settings.childEnvironment,
        ...(terminal === undefined ? {} : { stdout: terminal.descriptor }),
        onOutput: heard,
      });
      this.#end = () => group.end(graceMs);
      signal.addEventListener("abort", this.#end);
      return await group.ended;
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", this.#end);
      await terminal?.close();
    }
  }

  /** SteamCMD tells what it does as it does it on a terminal only; into a pipe, in lumps of 4 KiB. */
  async #openTerminal(onOutput: (bytes: Buffer) => void): Promise<Terminal | undefined> {
    const terminal = await openTerminal({ env: this.#context.settings.childEnvironment, onOutput });
    if (terminal === undefined)
      this.#context.outbox.line("left4me: no terminal for SteamCMD (script of util-linux, /dev/pts): its progress comes in lumps");
    return terminal;
  }

  #report(end: ProcessEnd): RunReport {
    return {
      end,
      said: this.#said,
      failure: this.#failure,
      lastLine: this.#lastLine,
      stderr: this.#stderr,
      wasSilent: this.#wasSilent,
      needsBytes: this.#needsBytes,
    };
  }

  #line(text: string, isWhole: boolean): void {
    if (text.trim() === "") return;
    this.#context.outbox.line(text);
    this.#lastLine = text;
    const meaning = isWhole ? readLine(text) : undefined;
    if (meaning === undefined) return;
    this.#said.add(meaning.type);
    if (meaning.type === "failure") this.#failed(meaning.failure);
    if (meaning.type !== "progress") return;
    this.#context.outbox.progress(meaning.progress);
    const needed = this.#space.missing(meaning.state, meaning.progress);
    if (needed === undefined) return;
    this.#needsBytes = needed;
    this.#end();
  }

  #failed(failure: ToldFailure): void {
    this.#failure ??= failure;
    if (failure.isWaiting === true) this.#end();
  }

  #errorLine(text: string): void {
    if (text.trim() === "") return;
    this.#context.outbox.line(text);
    this.#stderr = `${this.#stderr}${text}\n`.slice(-keptErrorCharacters);
  }

  #tooSilent(): void {
    this.#wasSilent = true;
    this.#end();
  }
}
