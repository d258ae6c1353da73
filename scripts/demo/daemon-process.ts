import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DaemonEnded, spawnDaemon } from "../spawn-daemon.ts";

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
  // A line a call would hide the welcome.
  const daemon = spawnDaemon({ root, listen, logLevel: "warn" });
  // Ctrl-C reaches the daemon by itself: both are in the terminal's foreground group. Others may signal us alone.
  process.on("SIGINT", () => {}).on("SIGTERM", () => void daemon.end());
  try {
    await daemon.opened();
  } catch (error) {
    if (!(error instanceof DaemonEnded)) {
      process.stderr.write(`the host could not be opened: ${error instanceof Error ? error.message : String(error)}\n`);
      await daemon.end();
      process.exit(1);
    }
    // Of two that begin at once one loses, and finds the other's.
    if (await answers(socketOf(root))) return { isOurs: false, ended: Promise.resolve(), end: () => {} };
    process.exit(error.exitCode); // it has said why
  }
  return { isOurs: true, ended: daemon.ended.then(() => undefined), end: () => void daemon.end() };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((settle) => {
    const connection = connect(socket);
    connection.once("connect", () => settle(true)).once("error", () => settle(false));
    connection.once("connect", () => connection.destroy());
  });
}
