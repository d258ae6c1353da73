import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The clone's top directory. */
export const projectDirectory = fileURLToPath(new URL("../..", import.meta.url));

/** Where the demo keeps everything: LEFT4ME_ROOT, else .left4me in the clone. */
export function demoRoot(): string {
  return resolve(process.env["LEFT4ME_ROOT"] || join(projectDirectory, ".left4me"));
}

export function socketOf(root: string): string {
  return join(root, "hostd.sock");
}

/** A path as a person in the present directory would type it. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}

export type DaemonProcess = {
  /** False when a daemon was running there already. */
  readonly isOurs: boolean;
  readonly ended: Promise<void>;
  end(): void;
};

/** Starts the daemon below `root`, unless one runs there, and waits until it answers. Its messages go to our standard error. */
export async function startDaemonProcess(root: string, listen: readonly string[] = []): Promise<DaemonProcess> {
  mkdirSync(root, { recursive: true });
  if (await answers(socketOf(root))) return { isOurs: false, ended: Promise.resolve(), end: () => {} };
  const addresses = [`unix:${socketOf(root)}`, ...listen].flatMap((address) => ["--listen", address]);
  const child = spawn(
    process.execPath,
    [join(projectDirectory, "src/daemon/main.ts"), "--root", root, "--driver", "embedded", ...addresses],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const ended = new Promise<number | null>((done) => child.once("close", done));
  // Ctrl-C reaches the daemon by itself: both are in the terminal's foreground group. Others may signal us alone.
  process.on("SIGINT", () => {}).on("SIGTERM", () => child.kill("SIGTERM"));
  const isReady = await Promise.race([new Promise<true>((ready) => child.stdout.once("data", () => ready(true))), ended.then(() => false)]);
  // Of two that begin at once one loses, and finds the other's.
  if (!isReady && (await answers(socketOf(root)))) return { isOurs: false, ended: Promise.resolve(), end: () => {} };
  if (!isReady) process.exit((await ended) ?? 1);
  return { isOurs: true, ended: ended.then(() => undefined), end: () => child.kill("SIGTERM") };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((settle) => {
    const connection = connect(socket);
    connection.once("connect", () => settle(true)).once("error", () => settle(false));
    connection.once("connect", () => connection.destroy());
  });
}
