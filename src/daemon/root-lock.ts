import { once } from "node:events";
import { realpathSync, statSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { StartupError } from "./startup-error.ts";

/** Keeps other daemons off a root until it is released, or until the process ends in whatever way. */
export type RootLock = { release(): void };

/**
 * Takes the lock of a root.
 *
 * The lock is an abstract unix socket that is named after the root's device and inode, whatever its path is called: the
 * kernel gives it to one process and takes it back when that ends, kill -9 included. Whoever connects is told the pid. It
 * holds within a network namespace; a daemon in another one is found by its socket file. Elsewhere than on Linux there is
 * no such lock.
 *
 * @param root an existing directory
 * @throws StartupError when another daemon has it
 */
export async function lockRoot(root: string): Promise<RootLock> {
  if (process.platform !== "linux") return { release: () => {} };
  const { dev, ino } = statSync(root, { bigint: true });
  const name = `\0left4me-hostd-${dev}-${ino}`;
  const server = createServer(tellPid);
  if (await bound(server, name)) {
    server.unref();
    return { release: () => server.close() };
  }
  const pid = await holderOf(name);
  throw new StartupError(
    `another daemon is running on ${realpathSync(root)}${pid === "" ? "" : ` (pid ${pid})`}; stop it first, or choose another root with --root`,
  );
}

/** Closes the connection itself: whoever asks, and any local user may, must not be able to hold descriptors of ours. */
function tellPid(socket: Socket): void {
  socket.on("error", () => {}).write(String(process.pid));
  socket.destroySoon();
}

async function bound(server: Server, name: string): Promise<boolean> {
  server.listen({ path: name });
  try {
    await once(server, "listening");
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return false;
    throw error;
  }
}

/** How long a holder may take to say its pid, in milliseconds; one that is just starting is slow to answer. */
const answerMs = 5000;

/** The pid of the holder, "" when it does not say. */
async function holderOf(name: string): Promise<string> {
  const socket = connect({ path: name });
  const silence = setTimeout(() => socket.destroy(), answerMs);
  try {
    const answer = await text(socket);
    return /^\d{1,10}$/.test(answer) ? answer : "";
  } catch {
    return "";
  } finally {
    clearTimeout(silence);
  }
}
