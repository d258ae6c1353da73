import { type ChildProcess, spawn } from "node:child_process";
import { globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { InstallFailure } from "../../../src/domain/install-job.ts";
import { type InstallerEvent, installerEventSchema, installerFiles, longestEvent } from "../../../src/domain/installer-agreement.ts";

const root = join(import.meta.dirname, "../../..");
export const standin = join(root, "standin/steamcmd");
export const standinTree = join(root, "standin/tree");
export const account = { name: "tester", password: "s3cret & long/Passw0rd" };
const job = "0123456789abcdef";

/** What the stand-in for SteamCMD is to do; standin/README.md lists it. */
export type Behaviour = Readonly<Record<string, unknown>>;
export type InstallerOptions = {
  readonly behaviour?: Behaviour;
  readonly order?: { readonly validate?: boolean; readonly bootstrap?: boolean };
  /** Further settings; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Installs as {@link account}. */
  readonly withAccount?: boolean;
};

/** How one run of the installer ended. */
export type Outcome = {
  readonly exitCode: number | null;
  readonly stderr: string;
  readonly events: readonly InstallerEvent[];
  readonly failure: InstallFailure | undefined;
  readonly lines: readonly string[];
};

/** A place with everything that an installer needs, for any number of runs after one another. */
export class InstallerPlace {
  readonly directory: string;
  readonly home: string;
  readonly game: string;
  readonly outbox: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.home = join(directory, "home");
    this.game = join(directory, "game");
    this.outbox = join(directory, "outbox");
  }

  static async make(context: TestContext): Promise<InstallerPlace> {
    const place = new InstallerPlace(await mkdtemp(join(tmpdir(), "left4me-installer-")));
    context.after(() => rm(place.directory, { recursive: true, force: true }));
    for (const path of [place.home, place.game, place.outbox]) await mkdir(path);
    await writeFile(join(place.directory, "account"), `${account.name}\n${account.password}\n`, { mode: 0o600 });
    return place;
  }

  /** Runs the installer to its end. */
  async install(options: InstallerOptions = {}): Promise<Outcome> {
    const child = await this.start(options);
    return await this.outcome(child);
  }

  async start({ behaviour = {}, order = {}, env = {}, withAccount = false }: InstallerOptions): Promise<ChildProcess> {
    const orderFile = join(this.directory, "order");
    await writeFile(orderFile, JSON.stringify({ job, validate: false, bootstrap: false, ...order }));
    const told = { accounts: { [account.name]: account.password }, echo_password: withAccount, ...behaviour };
    await writeFile(join(this.directory, "behaviour.json"), JSON.stringify(told));
    const settings = {
      HOME: this.home,
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      LEFT4ME_STEAMCMD: join(standin, "steamcmd.sh"),
      LEFT4ME_SIM_STEAMCMD: join(this.directory, "behaviour.json"),
      LEFT4ME_SIM_MARK: this.directory,
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      LEFT4ME_INSTALL_MIN_FREE: "0",
      LEFT4ME_INSTALL_RETRY_MS: "1",
      ...(withAccount ? { LEFT4ME_STEAM_ACCOUNT_FILE: join(this.directory, "account") } : {}),
      ...env,
    };
    const args = ["--order", orderFile, "--outbox", this.outbox, "--game", this.game];
    return spawn(process.execPath, [join(root, "src/installer/main.ts"), ...args], {
      env: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 180_000,
      killSignal: "SIGKILL",
    });
  }

  async outcome(child: ChildProcess): Promise<Outcome> {
    let stderr = "";
    child.stderr?.on("data", (text) => {
      stderr += String(text);
    });
    child.stdout?.resume();
    const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
    const events = this.events();
    const last = events.at(-1);
    const lines = events.flatMap((event) => (event.type === "line" ? [event.text] : []));
    return { exitCode, stderr, events, failure: last?.type === "end" ? last.failure : undefined, lines };
  }

  /** What the outbox tells by now, each event held against the agreement. */
  events(): InstallerEvent[] {
    const path = join(this.outbox, installerFiles.events(job));
    const text = readdirSync(this.outbox).includes(installerFiles.events(job)) ? readFileSync(path, "utf8") : "";
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        if (Buffer.byteLength(line) > longestEvent) throw new Error(`an event of ${line.length} characters`);
        return installerEventSchema.parse(JSON.parse(line));
      });
  }

  listing(): string[] {
    return readFileSync(join(this.outbox, installerFiles.listing(job)), "utf8")
      .split("\0")
      .slice(0, -1)
      .sort();
  }

  /** Files below the installer's places in which a text stands. */
  filesWith(text: string): string[] {
    return globSync("{home,game,outbox}/**/*", { cwd: this.directory })
      .filter((path) => statSync(join(this.directory, path), { throwIfNoEntry: false })?.isFile() === true)
      .filter((path) => readFileSync(join(this.directory, path), "latin1").includes(text));
  }

  /** Processes that were started here, as their command lines and environments. */
  processes(): string[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => `${readOrNothing(`/proc/${pid}/cmdline`)}\0${readOrNothing(`/proc/${pid}/environ`)}`)
      .filter((text) => text.includes(`LEFT4ME_SIM_MARK=${this.directory}`));
  }

  /** Resolves when an event satisfies the condition. */
  async until(condition: (event: InstallerEvent) => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!this.events().some(condition)) {
      if (Date.now() > deadline) throw new Error(`it never came; the last: ${JSON.stringify(this.events().slice(-3))}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
