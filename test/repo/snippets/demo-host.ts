import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { freeUdpPort } from "../../fixtures/free-udp-port.ts";
import { projectRoot } from "../source-imports.ts";

/** What `npm start` gives a newcomer, in a directory of its own that looks like the clone. */
export type DemoHost = AsyncDisposable & {
  readonly directory: string;
  /** For programs that are run there. */
  readonly env: NodeJS.ProcessEnv;
};

/** Thrown where this machine cannot run games; the message says why and what would help. */
export class NoGamesHere extends Error {
  override readonly name = "NoGamesHere";
}

/** Starts the embedded host with its stand-in game and demo instance, as `npm start` does, on a port of its own. */
export async function startDemoHost(): Promise<DemoHost> {
  // Not below /tmp, which may be too small or a file system that overlays cannot lie on.
  const directory = mkdtempSync("/var/tmp/l4m-snippets-");
  for (const name of ["bin", "examples", "standin"]) symlinkSync(join(projectRoot, name), join(directory, name));
  writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const root = join(directory, ".left4me");
  const { LEFT4ME_ADDRESS: _, ...inherited } = process.env;
  const path = `${join(directory, "bin")}:${join(projectRoot, "node_modules/.bin")}:${process.env["PATH"]}`;
  const env = { ...inherited, LEFT4ME_ROOT: root, PATH: path, HOME: directory, NO_COLOR: "1" };
  const child = spawn(process.execPath, [join(projectRoot, "scripts/start.ts"), "--port", String(await freeUdpPort())], {
    cwd: directory,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const close = async () => {
    await end(child);
    for (const each of [root, ...otherRoots(directory)]) {
      await execa(process.execPath, [join(projectRoot, "scripts/stop.ts")], {
        cwd: directory,
        env: { ...env, LEFT4ME_ROOT: each },
        stdio: "ignore",
        reject: each === root,
      });
    }
    endLeftDaemons(directory);
    // Overlays leave directories of mode 000 behind, which only root may list.
    await execa("chmod", ["-R", "u+rwX", directory]);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilReady(child);
  } catch (error) {
    await close();
    throw error;
  }
  return { directory, env: { ...env, LEFT4ME_ADDRESS: `unix:${join(root, "hostd.sock")}` }, [Symbol.asyncDispose]: close };
}

/** Hosts that a document has started beside the demo, and left when one of its blocks failed. */
function otherRoots(directory: string): string[] {
  return globSync("*/hostd.sock", { cwd: directory }).map((socket) => join(directory, dirname(socket)));
}

/** Their daemons run where the document's blocks do. */
function endLeftDaemons(directory: string): void {
  for (const cwd of globSync("/proc/[0-9]*/cwd")) {
    try {
      if (readlinkSync(cwd) === directory) process.kill(Number(cwd.split("/")[2]), "SIGTERM");
    } catch {
      // It has ended, or is another user's.
    }
  }
}

async function untilReady({ stdout, stderr }: ChildProcess): Promise<void> {
  let said = "";
  stderr?.on("data", (data) => {
    said += String(data);
  });
  for await (const data of stdout ?? []) {
    said += String(data);
    if (said.includes("The host runs at")) {
      // Left unread, a full pipe would stop the host.
      stdout?.resume();
      return;
    }
  }
  throw said.includes("cannot run games here") ? new NoGamesHere(said.trim()) : new Error(`npm start ended: ${said}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
